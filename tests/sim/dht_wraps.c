/*
 * What the linker puts around functions of the machine: counting what is asked, rewriting what
 * hostile nodes say, and the planted bugs.  Where no world of the DHT runs, nothing changes.
 */
#include <string.h>

#include "dht/account_record.h"
#include "dht/cookie.h"
#include "dht/datagram.h"
#include "dht/machine.h"
#include "tests/sim/dht_hostile.h"
#include "tests/sim/dht_plants.h"
#include "tests/sim/dht_privacy.h"

enum { SOME = 20, LATE_MS = 9000, MINUTE_MS = 60 * 1000 };

enum sim_dht_plant sim_dht_plant;

static const struct {
    const char *name, *scenario;
} plants[] = {
#define SIM_DHT_PLANT_ROW(name, text, scenario, words) {text, scenario},
    SIM_DHT_PLANTS(SIM_DHT_PLANT_ROW)
#undef SIM_DHT_PLANT_ROW
};

const char *sim_dht_plant_name(enum sim_dht_plant plant)
{
    return plants[plant].name;
}

const char *sim_dht_plant_scenario(enum sim_dht_plant plant)
{
    return plants[plant].scenario;
}

static uint32_t times; /* that a plant was asked */

void sim_dht_plant_reset(void)
{
    times = 0;
}

/* True each SOMEth time. */
static bool now_and_then(enum sim_dht_plant plant)
{
    return sim_dht_plant == plant && ++times % SOME == 0;
}

static bool is_evil_running(void)
{
    return sim_dht_running != NULL && sim_dht_running->evil != SIM_DHT_HONEST;
}

/* ---- what is counted and rewritten ---- */

__typeof__(vc_dht_masks_make) __real_vc_dht_masks_make, __wrap_vc_dht_masks_make;

void __wrap_vc_dht_masks_make(struct vc_dht_masks *ret_masks,
                              struct vc_bytes network_id, const struct vc_key32 *own)
{
    __real_vc_dht_masks_make(ret_masks, network_id, own);
    if (sim_dht_running != NULL) {
        sim_dht_running->key = *own;
    }
}

__typeof__(vc_dht_request_write) __real_vc_dht_request_write,
    __wrap_vc_dht_request_write;

void __wrap_vc_dht_request_write(struct vc_writer *w,
                                 const struct vc_dht_request *request)
{
    if (sim_dht_running != NULL) {
        sim_dht_running->traffic.requests[request->type]++;
        sim_dht_world->first_requests[request->type] +=
            sim_dht_running->began_at > sim_dht_world->measured_from &&
            sim_dht_world->now < sim_dht_running->began_at + MINUTE_MS;
    }
    __real_vc_dht_request_write(w, request);
}

__typeof__(vc_dht_request_read) __real_vc_dht_request_read, __wrap_vc_dht_request_read;

vc_err __wrap_vc_dht_request_read(struct vc_bytes body, bool has_cookie,
                                  struct vc_dht_request *ret_request)
{
    vc_err err = __real_vc_dht_request_read(body, has_cookie, ret_request);

    if (err == VC_OK && sim_dht_running != NULL) {
        sim_dht_privacy_catch(sim_dht_world, ret_request);
    }
    if (err == VC_OK && is_evil_running()) {
        sim_dht_evil_heard(sim_dht_world, ret_request);
    }
    return err;
}

__typeof__(vc_dht_answer_write) __real_vc_dht_answer_write, __wrap_vc_dht_answer_write;

void __wrap_vc_dht_answer_write(struct vc_writer *w, const struct vc_dht_answer *answer)
{
    struct vc_dht_answer changed = *answer;

    if (is_evil_running()) {
        sim_dht_evil_answer(sim_dht_world, sim_dht_running, &changed);
    }
    __real_vc_dht_answer_write(w, &changed);
}

__typeof__(vc_dht_answer_seal) __real_vc_dht_answer_seal, __wrap_vc_dht_answer_seal;

vc_err __wrap_vc_dht_answer_seal(struct vc_writer *w, const struct vc_dht_txid *txid,
                                 const struct vc_secret32 *answer_key,
                                 const struct vc_secret32 *hello_mask,
                                 const struct vc_key32 *own, struct vc_bytes body,
                                 size_t len_max, struct vc_rng *rng)
{
    if (is_evil_running()) {
        memcpy(sim_dht_world->answer_txid, txid->b, sizeof txid->b);
        sim_dht_world->has_answer = true;
    }
    return __real_vc_dht_answer_seal(w, txid, answer_key, hello_mask, own, body,
                                     len_max, rng);
}

/* ---- planted bugs ---- */

__typeof__(vc_dht_next) __real_vc_dht_next, __wrap_vc_dht_next;

bool __wrap_vc_dht_next(struct vc_dht *dht, const struct vc_now *now,
                        struct vc_dht_output *ret_output)
{
    static struct vc_dht *twice;
    static struct vc_dht_output again;

    if (twice == dht && twice != NULL) {
        *ret_output = again;
        twice = NULL;
        return true;
    }
    do {
        if (!__real_vc_dht_next(dht, now, ret_output)) {
            return false;
        }
    } while (ret_output->kind == VC_DHT_DONE && now_and_then(SIM_DHT_PLANT_LOSE_DONE));
    if (ret_output->kind == VC_DHT_DONE && now_and_then(SIM_DHT_PLANT_DONE_TWICE)) {
        twice = dht;
        again = *ret_output;
    }
    return true;
}

struct vc_dht_family;
bool __real_vc_dht_family_routes(const struct vc_dht_family *family);
bool __wrap_vc_dht_family_routes(const struct vc_dht_family *family);

bool __wrap_vc_dht_family_routes(const struct vc_dht_family *family)
{
    return sim_dht_plant == SIM_DHT_PLANT_EVERYBODY_ROUTES ||
           __real_vc_dht_family_routes(family);
}

__typeof__(vc_dht_due) __real_vc_dht_due, __wrap_vc_dht_due;

vc_ms __wrap_vc_dht_due(const struct vc_dht *dht, const struct vc_now *now)
{
    vc_ms due = __real_vc_dht_due(dht, now);

    if (sim_dht_plant == SIM_DHT_PLANT_SPIN) {
        return 0;
    }
    return sim_dht_plant == SIM_DHT_PLANT_LATE ? vc_ms_after(due, LATE_MS) : due;
}

__typeof__(vc_dht_records_put) __real_vc_dht_records_put, __wrap_vc_dht_records_put;

vc_err __wrap_vc_dht_records_put(struct vc_dht_records *records,
                                 const struct vc_dht_records_at *at,
                                 const struct vc_dht_record *record,
                                 struct vc_bytes bytes, enum vc_dht_hold *ret_hold,
                                 uint64_t *ret_seq)
{
    if (sim_dht_plant == SIM_DHT_PLANT_FALSE_YES) {
        *ret_hold = VC_DHT_HOLD_YES;
        *ret_seq = record->seq;
        return VC_OK;
    }
    return __real_vc_dht_records_put(records, at, record, bytes, ret_hold, ret_seq);
}

__typeof__(vc_dht_records_get) __real_vc_dht_records_get, __wrap_vc_dht_records_get;

struct vc_bytes __wrap_vc_dht_records_get(const struct vc_dht_records *records,
                                          const struct vc_dht_records_at *at,
                                          const struct vc_hash32 *place)
{
    if (sim_dht_plant == SIM_DHT_PLANT_FORGET && place->b[31] % 2 == 0) {
        return (struct vc_bytes){0};
    }
    return __real_vc_dht_records_get(records, at, place);
}

__typeof__(vc_dht_record_verify) __real_vc_dht_record_verify,
    __wrap_vc_dht_record_verify;

bool __wrap_vc_dht_record_verify(const struct vc_dht_record *record,
                                 struct vc_bytes bytes)
{
    return sim_dht_plant == SIM_DHT_PLANT_BLIND ||
           __real_vc_dht_record_verify(record, bytes);
}

__typeof__(vc_dht_addr_is_public) __real_vc_dht_addr_is_public,
    __wrap_vc_dht_addr_is_public;

bool __wrap_vc_dht_addr_is_public(const struct vc_addr *addr)
{
    return sim_dht_plant == SIM_DHT_PLANT_ANYWHERE ||
           __real_vc_dht_addr_is_public(addr);
}

/* As it is without any plant: for the judges. */
bool sim_dht_is_public(const struct vc_addr *addr)
{
    return __real_vc_dht_addr_is_public(addr);
}

__typeof__(vc_dht_cookie_is_good) __real_vc_dht_cookie_is_good,
    __wrap_vc_dht_cookie_is_good;

bool __wrap_vc_dht_cookie_is_good(const struct vc_dht_cookie *cookie,
                                  const struct vc_secret32 *key, vc_ms now,
                                  const struct vc_addr *addr)
{
    return sim_dht_plant == SIM_DHT_PLANT_REFLECT ||
           __real_vc_dht_cookie_is_good(cookie, key, now, addr);
}

__typeof__(vc_rng_draw) __real_vc_rng_draw, __wrap_vc_rng_draw;

void __wrap_vc_rng_draw(struct vc_rng *rng, void *ret_bytes, size_t len)
{
    static uint32_t draws; /* of every world so far */

    __real_vc_rng_draw(rng, ret_bytes, len);
    if (sim_dht_plant == SIM_DHT_PLANT_DICE && sim_dht_running != NULL) {
        *(uint8_t *)ret_bytes ^= (uint8_t)(++draws / 1000);
    }
}

__typeof__(vc_blind_of_device) __real_vc_blind_of_device, __wrap_vc_blind_of_device;

void __wrap_vc_blind_of_device(struct vc_scalar *ret_factor,
                               const struct vc_key32 *record, uint32_t epoch,
                               uint16_t index)
{
    __real_vc_blind_of_device(
        ret_factor, record, sim_dht_plant == SIM_DHT_PLANT_SAME_DAY ? 1 : epoch, index);
}

__typeof__(vc_account_place_write) __real_vc_account_place_write,
    __wrap_vc_account_place_write;

void __wrap_vc_account_place_write(uint8_t ret_record[VC_DHT_RECORD_LEN],
                                   const struct vc_account_place *place,
                                   const struct vc_sign_secret *record_secret,
                                   uint64_t seq, const uint8_t nonce[VC_XNONCE_LEN],
                                   const uint8_t plain[VC_ACCOUNT_PLAIN_LEN])
{
    static const uint8_t same[VC_XNONCE_LEN];

    __real_vc_account_place_write(
        ret_record, place, record_secret, seq,
        sim_dht_plant == SIM_DHT_PLANT_SAME_NONCE ? same : nonce, plain);
}
