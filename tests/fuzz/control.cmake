vc_fuzz_target(config config_fuzz.c vc_control)
vc_fuzz_target(control control_fuzz.c vc_control)
vc_fuzz_target(message message_fuzz.c vc_control)
