vc_fuzz_target(chat_objects chat_objects_fuzz.c vc_chat)
vc_fuzz_target(chat_rows chat_rows_fuzz.c vc_chat)
