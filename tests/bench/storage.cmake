add_executable(store_bench store.c)
target_link_libraries(store_bench PRIVATE vc_flags vc_storage lmdb)
