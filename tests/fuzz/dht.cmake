vc_fuzz_target(account_record account_record_fuzz.c vc_dht)
vc_fuzz_target(dht_datagram dht_datagram_fuzz.c vc_dht)
vc_fuzz_target(dht_message dht_message_fuzz.c vc_dht)
vc_fuzz_target(dht_record dht_record_fuzz.c vc_dht)
