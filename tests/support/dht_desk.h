/*
 * One DHT machine among peers that are played by hand, each in a /16 of its own: what it says to
 * whom, and what it makes of their answers.  Unless a test says otherwise they behave: they know
 * each other, hold what is put, and give cookies.
 */
#ifndef VC_TESTS_SUPPORT_DHT_DESK_H
#define VC_TESTS_SUPPORT_DHT_DESK_H

#include "tests/support/dht_hand.h"
#include "tests/support/dht_world.h"

#define DHT_DESK_HANDS_MAX 96

struct dht_desk;

/* A request of the machine that came to a hand. */
struct dht_heard {
    uint32_t hand;
    vc_ms at;
    struct vc_dht_header header;
    struct vc_dht_request request; /* its record is not there any more */
};

struct dht_desk {
    struct dht_world world;
    struct dht_node *node;
    struct dht_hand hands[DHT_DESK_HANDS_MAX];
    uint32_t hand_count;
    bool is_silent[DHT_DESK_HANDS_MAX]; /* it answers nothing */
    bool holds[DHT_DESK_HANDS_MAX];     /* the record that was put */
    uint8_t record[VC_DHT_RECORD_LEN];  /* the last that was put to anybody */
    /* Changes the answer of a hand; false: there is none.  NULL: nothing special. */
    bool (*answer)(struct dht_desk *desk, uint32_t hand, const struct dht_heard *heard,
                   struct vc_dht_answer *answer);
    /* The address at which a hand says that it sees the machine; family 0: the true one. */
    struct vc_addr seen[DHT_DESK_HANDS_MAX];
    int64_t skew_ms[DHT_DESK_HANDS_MAX]; /* how wrong its clock is */
    bool has_no_date[DHT_DESK_HANDS_MAX];
    struct dht_heard *heard;
    size_t heard_count, heard_room;
};

/* @cfg NULL: as dht_world_config() says. */
void dht_desk_begin(struct dht_desk *desk, const struct vc_dht_config *cfg,
                    uint32_t hands, bool is_ipv6);
void dht_desk_end(struct dht_desk *desk);
/* The machine gets to know the hands, by the door of the first. */
void dht_desk_meet(struct dht_desk *desk);

/* Requests that were heard, of a type (0: any) by a hand (or any). */
#define DHT_DESK_ANY UINT32_MAX
uint32_t dht_desk_count(const struct dht_desk *desk, unsigned type, uint32_t hand);
/* The last of them; NULL: there was none. */
const struct dht_heard *dht_desk_last(const struct dht_desk *desk, unsigned type,
                                      uint32_t hand);
/* Forgets what was heard. */
void dht_desk_clear(struct dht_desk *desk);

/* A hand asks the machine; gives the bytes that came back to it at once (all datagrams), and
 * its answer.  @body_min: as the document says; the answer's type is 0 when there is none. */
size_t dht_desk_ask(struct dht_desk *desk, uint32_t hand,
                    const struct vc_dht_request *request,
                    struct vc_dht_answer *ret_answer);
/* Gets a cookie of the machine for a hand. */
void dht_desk_take_cookie(struct dht_desk *desk, uint32_t hand);

#endif
