#include "tests/support/link_told.h"

#include <string.h>

#include "node/link/machine.h"

struct link_told told[LINK_WORLD_NODES_MAX];
struct link_world world;

static void remember(struct link_world *w, struct link_node *node,
                     const struct vc_link_output *output)
{
    struct link_told *t = &told[node->index];
    (void)w;
    if (t->count < LINK_TOLD_MAX)
        t->order[t->count++] = output->kind;
    switch (output->kind) {
    case VC_LINK_UP:
        t->ups++;
        t->up = (struct link_up_told){.peer = output->peer,
                                      .invite = output->invite,
                                      .is_join = output->is_join,
                                      .addr = output->addr,
                                      .dev_dh = output->dev_dh};
        break;
    case VC_LINK_DOWN:
        t->downs++;
        t->reason = output->reason;
        break;
    case VC_LINK_OBJECT:
        t->objects++;
        t->bytes += output->bytes.len;
        t->last_len = output->bytes.len;
        memcpy(t->last, output->bytes.data, output->bytes.len);
        break;
    case VC_LINK_WRITABLE:
        t->writables++;
        break;
    case VC_LINK_MOVED:
        t->moves++;
        t->moved_to = output->addr;
        break;
    case VC_LINK_SILENT:
        t->silences++;
        break;
    case VC_LINK_HEARD:
        t->hearings++;
        break;
    case VC_LINK_DATAGRAM:
        break;
    }
}

void link_duo_begin_with(const struct vc_link_config *cfg)
{
    memset(told, 0, sizeof told);
    link_world_init(&world, 1);
    world.on_output = remember;
    struct link_node *a = link_world_add(&world, cfg);
    struct link_node *b = link_world_add(&world, cfg);
    link_world_introduce(a, b);
    link_world_introduce(b, a);
}

int link_duo_begin(void **state)
{
    (void)state;
    link_duo_begin_with(NULL);
    return 0;
}

int link_duo_end(void **state)
{
    (void)state;
    link_world_free(&world);
    return 0;
}

void link_duo_wait(vc_ms ms)
{
    link_world_run(&world, world.now + ms);
}

void link_duo_connect(void)
{
    vc_err err = link_world_connect(&world.nodes[0], &world.nodes[1]);
    VC_CHECK(err == VC_OK);
    link_duo_wait(300);
    VC_CHECK(told[0].ups == 1 && told[1].ups == 1);
}

vc_err link_duo_say(uint32_t from, uint32_t to, enum vc_link_stream stream,
                    const char *text, size_t len)
{
    static uint8_t body[VC_LINK_OBJECT_MAX];
    size_t text_len = strlen(text);
    for (size_t i = 0; i < len; i++)
        body[i] = (uint8_t)(i * 7 + i / 256);
    memcpy(body, text, text_len < len ? text_len : len);
    return vc_link_send(world.nodes[from].link, world.now, to, stream,
                        (struct vc_bytes){body, len / 3},
                        (struct vc_bytes){body + len / 3, len - len / 3});
}

struct vc_session *link_duo_session(uint32_t node, uint32_t peer)
{
    struct vc_link *link = world.nodes[node].link;
    uint32_t place = vc_peers_find(link, peer);
    VC_CHECK(place != VC_SLOT_NONE);
    uint32_t session = vc_peers_session(link, place);
    VC_CHECK(session != VC_SLOT_NONE);
    return &link->sessions[session];
}

void link_duo_inject(uint32_t from, uint32_t to, const struct vc_addr *addr,
                     struct vc_bytes frames)
{
    struct vc_session *s = link_duo_session(from, to);
    uint8_t room[VC_PACKET_MAX];
    struct vc_writer w = vc_writer(room, sizeof room);
    vc_err err =
        vc_packet_seal(&s->keys.send, &s->keys.send_cid, s->next_number++, frames, &w);
    VC_CHECK(err == VC_OK);
    vc_link_recv(world.nodes[to].link, world.now, addr, vc_writer_bytes(&w));
}
