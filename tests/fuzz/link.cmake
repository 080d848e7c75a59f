vc_fuzz_target(frames frames_fuzz.c vc_link)
vc_fuzz_target(link link_fuzz.c link_world)
