/*
 * What is inside a datagram: requests and answers.
 *
 * dht/SPEC.md, "Requests" and "Answers".  Strict both ways: what was read and is written again
 * gives the same bytes, but for the padding.
 */
#ifndef VC_DHT_MESSAGE_H
#define VC_DHT_MESSAGE_H

#include "dht/contact.h"
#include "dht/limits.h"

enum vc_dht_type {
    VC_DHT_PING = 1,    /* are you there? */
    VC_DHT_FIND = 2,    /* whom do you know near @target? */
    VC_DHT_GET = 3,     /* what is at @place; or whom do you know near it? */
    VC_DHT_PUT = 4,     /* keep @record */
    VC_DHT_REFRESH = 5, /* do you hold @place with a seq of @seq or later? keep on */
    VC_DHT_CALL = 6,    /* let somebody who does not know me ping me where you see me */
    VC_DHT_RING = 7,    /* ping @contact, who asked me for it */
    /* Here I am: to PING, CALL, RING; and instead of an answer that would be longer than its
     * request, with a cookie to ask again with. */
    VC_DHT_PONG = 129,
    VC_DHT_NODES = 130, /* to FIND, GET and hello */
    VC_DHT_VALUE = 131, /* to GET */
    VC_DHT_HOLD = 132   /* to PUT and REFRESH */
};

struct vc_dht_cookie {
    uint8_t b[VC_DHT_COOKIE_LEN];
};

struct vc_dht_request {
    enum vc_dht_type type;
    bool has_cookie;
    struct vc_dht_cookie cookie;
    uint64_t target;               /* FIND */
    struct vc_hash32 place;        /* GET, REFRESH */
    uint64_t seq;                  /* REFRESH */
    struct vc_bytes record;        /* PUT: VC_DHT_RECORD_LEN bytes, borrowed */
    struct vc_dht_contact contact; /* RING */
};

enum vc_dht_hold {
    VC_DHT_HOLD_YES = 0, /* it is held: the one that was put, or one of the same seq */
    VC_DHT_HOLD_NEWER = 1, /* a later one is held */
    VC_DHT_HOLD_NO = 2,    /* REFRESH: put it again */
    VC_DHT_HOLD_FULL = 3,  /* PUT: a limit is reached */
    VC_DHT_HOLD_FAR = 4    /* PUT: the place is not in our region */
};

struct vc_dht_answer {
    enum vc_dht_type type;
    struct vc_dht_cookie cookie; /* to echo in the next request to this node */
    uint32_t time_s;             /* seconds since 1970; 0: he does not know */
    struct vc_addr seen;         /* where the request came from */
    struct vc_dht_contact contacts[VC_DHT_CONTACTS_IPV4]; /* NODES */
    uint8_t contact_count;
    struct vc_bytes record; /* VALUE: VC_DHT_RECORD_LEN bytes, borrowed */
    enum vc_dht_hold hold;  /* HOLD */
    uint64_t seq;           /* HOLD: of what is held; 0: nothing */
};

/* Writes a body without padding.  The contacts of NODES are of the family of @seen and at most as
 * many as that may have. */
void vc_dht_request_write(struct vc_writer *w, const struct vc_dht_request *request);
void vc_dht_answer_write(struct vc_writer *w, const struct vc_dht_answer *answer);

/* Padding is zeros, which are checked.  @has_cookie: as the header says.  VC_ERR_MALFORMED;
 * VC_ERR_UNSUPPORTED for a type that is not known. */
VC_NODISCARD vc_err vc_dht_request_read(struct vc_bytes body, bool has_cookie,
                                        struct vc_dht_request *ret_request);
VC_NODISCARD vc_err vc_dht_answer_read(struct vc_bytes body,
                                       struct vc_dht_answer *ret_answer);

/* May this request be made only with a cookie? */
bool vc_dht_type_needs_cookie(enum vc_dht_type type);

/*
 * Bytes to which a body without a cookie is filled up at least, so that the longest answer is
 * not longer than the request; those of FIND and hello so that there is room for the longest
 * PING behind it too.  dht/SPEC.md, "Requests".
 */
#define VC_DHT_PING_BODY_MIN  8
#define VC_DHT_FIND_BODY_MIN  424
#define VC_DHT_HELLO_BODY_MIN 456
#define VC_DHT_GET_BODY_MIN   1008

/* Which of them it is; 0 with a cookie. */
size_t vc_dht_request_body_min(enum vc_dht_type type, bool is_hello, bool has_cookie);

#endif
