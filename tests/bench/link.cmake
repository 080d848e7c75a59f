add_executable(link_bench link.c)
target_link_libraries(link_bench PRIVATE vc_flags vc_link)
