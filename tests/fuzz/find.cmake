vc_fuzz_target(find_rows find_rows_fuzz.c vc_find)
