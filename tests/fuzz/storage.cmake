vc_fuzz_target(store_epoch store_epoch_fuzz.c vc_storage)
vc_fuzz_target(store_key store_key_fuzz.c vc_storage)
vc_fuzz_target(store_pages store_pages_fuzz.c vc_storage)
vc_fuzz_target(store_row store_row_fuzz.c vc_storage)
