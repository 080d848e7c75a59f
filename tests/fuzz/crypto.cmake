vc_fuzz_target(card card_fuzz.c vc_crypto)
vc_fuzz_target(identity identity_fuzz.c vc_crypto)
vc_fuzz_target(invite invite_fuzz.c vc_crypto)
