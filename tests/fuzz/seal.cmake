vc_fuzz_target(seal_rows seal_rows_fuzz.c vc_seal)
vc_fuzz_target(seal_script seal_script_fuzz.c vc_seal_host)
