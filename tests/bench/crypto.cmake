add_executable(crypto_bench crypto.c)
target_link_libraries(crypto_bench PRIVATE vc_flags vc_crypto)
