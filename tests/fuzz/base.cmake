vc_fuzz_target(text text_fuzz.c vc_base)
