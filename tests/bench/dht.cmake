# The pods of other DHTs want a C++ compiler; dht.sh builds them.
add_executable(vc-dht-pod dht_pod.c)
target_link_libraries(vc-dht-pod PRIVATE vc_flags vc_dht)

add_executable(vc-dht-net dht_net.c)
target_link_libraries(vc-dht-net PRIVATE vc_flags)
