/* A find machine over a fake DHT and a store in memory, and somebody who is looked for. */
#ifndef VC_TESTS_UNIT_FIND_HOST_H
#define VC_TESTS_UNIT_FIND_HOST_H

#include <string.h>

#include "node/find/machine.h"
#include "storage/memory.h"
#include "tests/unit/crypto/person.h"
#include "tests/unit/find/fake_dht.h"

struct host {
    struct vc_memory_disk *disk;
    struct vc_store *store;
    struct fake_dht dht;
    struct vc_find *find;
    struct person person;
    struct vc_now now;
    bool is_private, is_at_once;
    uint8_t starts;
    size_t used;       /* bytes from the allocator */
    unsigned fails_at; /* this call of it, from now on; 0: none */
};

/* At noon of a day, with @number's keys; nobody has answered yet, commits come at once. */
void host_open(struct host *host, uint8_t number);
void host_close(struct host *host);
/* It begins anew with what is on the disk; what is not committed is lost. */
void host_crash(struct host *host);
/* Submits the turn, and commits it if that is at once. */
void host_turn(struct host *host);
/* Completes the commit that waits, and tells find. */
void host_commit(struct host *host);

/* Time passes, with all that is due. */
void host_pass(struct host *host, vc_ms ms);
/* The DHT has joined and says where we are. */
void host_join(struct host *host);
void host_changed(struct host *host);
/* What chat says of us: a prekey, and one address. */
void host_set_self(struct host *host, const struct vc_addr *addr);
void host_make_prekey(const struct person *person, struct vc_prekey *ret_prekey);

/* What comes of an ask. */
void host_done(struct host *host, uint32_t ask, vc_err reason, uint8_t holders);
void host_found(struct host *host, uint32_t ask, struct vc_bytes record);
/* The last put and get. */
struct fake_put *host_put(struct host *host);
struct fake_get *host_get(struct host *host);

struct vc_addr host_addr(uint8_t last);
/* As a contact of @person has it. */
void host_contact_of(const struct person *person, struct vc_find_contact *ret_contact);
/* The record of @person's device of the day that it is, at @addr. */
void host_record_of(const struct host *host, const struct person *person,
                    const struct vc_addr *addr, uint8_t ret_bytes[VC_DHT_RECORD_LEN]);

#endif
