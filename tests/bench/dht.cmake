add_executable(vc-dht-pod dht_pod.c)
target_link_libraries(vc-dht-pod PRIVATE vc_flags vc_dht)
