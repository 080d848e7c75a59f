add_executable(crypto_bench crypto.c party.c)
target_link_libraries(crypto_bench PRIVATE vc_flags vc_crypto)

# party_peers, which wants other libraries, is built by crypto.sh.
add_executable(session_bench session.c party.c party_ours.c)
target_link_libraries(session_bench PRIVATE vc_flags vc_crypto)
