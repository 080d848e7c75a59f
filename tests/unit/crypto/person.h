/*
 * Accounts and devices made of one number, for the tests of identity and what names it.
 */
#ifndef VC_TESTS_UNIT_CRYPTO_PERSON_H
#define VC_TESTS_UNIT_CRYPTO_PERSON_H

#include <string.h>

#include "crypto/identity.h"

enum { PERSON_FROM_S = 1767225600 };

struct person {
    struct vc_account account;
    struct vc_device device;
};

static inline void person_secret(struct vc_secret32 *ret_secret, uint8_t number,
                                 uint8_t use)
{
    memset(ret_secret->b, number, sizeof(ret_secret->b));
    ret_secret->b[0] = use;
}

/* One more device of @account. */
static inline void person_device(struct vc_device *ret_device,
                                 const struct vc_account *account, uint8_t number,
                                 uint16_t index)
{
    struct vc_secret32 sig_seed;
    struct vc_secret32 dh_seed;

    person_secret(&sig_seed, number, (uint8_t)(0x40 + index));
    person_secret(&dh_seed, number, (uint8_t)(0x80 + index));
    vc_device_init(ret_device, account, index, PERSON_FROM_S, &sig_seed, &dh_seed);
}

static inline void person_init(struct person *person, uint8_t number)
{
    struct vc_secret32 entropy;
    struct vc_secret32 contacts;

    person_secret(&entropy, number, 1);
    person_secret(&contacts, number, 2);
    vc_account_init(&person->account, &entropy, &contacts);
    person_device(&person->device, &person->account, number, 0);
}

#endif
