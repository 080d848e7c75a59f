add_executable(seal_bench seal.c)
target_link_libraries(seal_bench PRIVATE vc_flags vc_seal vc_storage lmdb)
