vc_fuzz_target(mail_objects mail_objects_fuzz.c vc_mail)
vc_fuzz_target(mail_peer mail_peer_fuzz.c vc_mail_host)
vc_fuzz_target(mail_rows mail_rows_fuzz.c vc_mail)
