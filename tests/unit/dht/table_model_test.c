/*
 * The routing table in a small world.  After every operation it is judged from outside, and
 * whoever had to come in has to be in.
 */
#include "tests/support/check.h"
#include "tests/unit/dht/table_judge.h"

/* Entries that an answer of @contact has taken out, as they are there no more, are none before it
 * either. */
static void leave_out_replaced(const struct vc_dht_contact *contact)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < count_before; i++) {
        const struct vc_dht_entry *entry = &before[i];
        bool is_key =
            memcmp(entry->contact.key.b, contact->key.b, sizeof contact->key.b) == 0;
        bool is_addr = vc_addr_equal(&entry->contact.addr, &contact->addr);

        if (is_key ? is_addr || !has_failed(entry) : !is_addr) {
            before[count] = *entry;
            ids_before[count++] = ids_before[i];
        } else {
            assert_null(entry_of(&table, &entry->contact));
        }
    }
    count_before = count;
}

static void hear(uint32_t number)
{
    struct inhabitant *node = &nodes[number];
    struct vc_dht_contact contact = contact_of(number, node->where);
    const struct vc_dht_entry *entry = entry_of(&table, &contact);
    uint64_t distance = distance_of(id_in(&table, &contact));
    unsigned bucket = vc_dht_bucket(distance);
    bool is_known = entry != NULL, is_elsewhere = false, is_in;

    note_answer();
    if (!is_known) {
        /* What is settled by it is looked at alone. */
        vc_dht_table_answered(&table, now);
        check(NULL, false);
    }
    for (uint32_t i = 0; i < table.count; i++) {
        is_elsewhere |= number_of(&table.entries[i].contact) == number &&
                        table.entries[i].contact.key.b[31] == node->key_no &&
                        !is_known && !has_failed(&table.entries[i]);
    }
    is_in = vc_dht_table_heard(&table, now, &contact);
    assert_false(is_in && is_elsewhere);
    if (!is_known && !is_elsewhere) {
        leave_out_replaced(&contact);
    }
    assert_true(is_in == (entry_of(&table, &contact) != NULL));
    if (is_known || is_in) {
        assert_true(is_in);
        node->failure_count = 0;
    }
    if (!is_known && !is_elsewhere && is_diverse(&contact.addr, bucket) &&
        (count_nearer(distance) < VC_DHT_NEAR ||
         (count_before < table.capacity && count_bucket(bucket) < VC_DHT_K))) {
        assert_true(is_in);
    }
    if (is_in && !is_known && count_nearer(distance) >= VC_DHT_NEAR &&
        count_bucket(bucket) >= VC_DHT_K) {
        assert_true(table.count <= count_before); /* only in the place of another */
    }
    check(&contact, false);
}

static void ask(uint32_t number, uint8_t where)
{
    struct vc_dht_contact contact = contact_of(number, where);
    vc_ms took_ms = below(2) == 0 ? VC_DHT_GIVE_UP_MS : 50;

    vc_dht_table_asked(&table, now);
    asked_at = asked_at == VC_NEVER ? now : asked_at;
    now += took_ms;
    if (!is_cut_off && below(8) == 0) {
        /* Somebody whom nobody knows answers meanwhile. */
        note_answer();
        vc_dht_table_answered(&table, now);
        check(NULL, false);
    }
    if (nodes[number].is_alive && nodes[number].where == where && !is_cut_off &&
        below(50) != 0) {
        hear(number);
        return;
    }
    if (entry_of(&table, &contact) != NULL) {
        note_failure(number);
    }
    vc_dht_table_failed(&table, now, &contact);
    check(NULL, false);
}

static void upkeep(void)
{
    struct vc_dht_contact to;
    unsigned bucket;

    if (vc_dht_table_ping(&table, now, &to)) {
        uint32_t number = number_of(&to);

        check(NULL, false);
        if (to.key.b[31] == nodes[number].key_no) {
            ask(number, vc_addr_equal(&to.addr, &nodes[number].addrs[1]));
        } else {
            vc_dht_table_asked(&table, now); /* of him nobody will hear again */
            asked_at = asked_at == VC_NEVER ? now : asked_at;
            vc_dht_table_failed(&table, now, &to);
        }
    } else if (!vc_dht_table_stale(&table, now, &bucket)) {
        assert_true(vc_dht_table_due(&table) > now);
    }
}

static void change_world(void)
{
    struct inhabitant *node = &nodes[below(NODES)];

    switch (below(5)) {
    case 0:
        node->is_alive = below(10) != 0;
        break;
    case 1:
        node->where ^= 1;
        break;
    case 2:
        is_cut_off = below(4) == 0;
        break;
    case 3:
        now += below(10) == 0 ? 2 * HOUR : below(120) * SECOND;
        break;
    default:
        if (below(40) == 0) {
            vc_dht_table_suspect_all(&table, now);
            for (uint32_t i = 0; i < NODES; i++) {
                nodes[i].failure_count = 0;
            }
        } else if (below(100) == 0) {
            vc_dht_table_set_own(&table, now, vc_prop_u64(&prop));
            check(NULL, true);
        }
        break;
    }
}

/* The old one is there no more, and of it nothing is known any more. */
static void change_key(uint32_t number)
{
    nodes[number].key_no++;
    nodes[number].failure_count = 0;
}

static void operate(void)
{
    uint32_t number = below(NODES);
    struct vc_dht_contact contact = contact_of(number, nodes[number].where);

    now += below(2) == 0 ? below(100) : below(8 * SECOND);
    switch (below(8)) {
    case 0:
        change_world();
        break;
    case 1:
        upkeep();
        break;
    case 2:
        if (nodes[number].is_alive && !is_cut_off) {
            vc_dht_table_seen(&table, now, &contact);
        }
        check(NULL, false);
        break;
    case 3:
        if (vc_dht_table_wants(&table, now, &contact)) {
            ask(number, nodes[number].where);
        }
        check(NULL, false);
        break;
    case 4:
        change_key(number);
        break;
    default:
        if (below(2) == 0 && table.count > 0) {
            number = number_of(&table.entries[below(table.count)].contact);
        }
        ask(number,
            (uint8_t)(below(4) == 0 ? nodes[number].where ^ 1 : nodes[number].where));
        break;
    }
}

/* Who is known by a key that he has no more does not answer. */
static void fail_old_keys(void)
{
    for (uint32_t i = table.count; i-- > 0;) {
        struct vc_dht_contact contact = table.entries[i].contact;

        if (contact.key.b[31] != nodes[number_of(&contact)].key_no) {
            vc_dht_table_failed(&table, now, &contact);
            check(NULL, false);
        }
    }
}

/* When all have been asked often enough, the nearest that live are known and no dead one. */
static void settle(void)
{
    uint64_t farthest = 0;
    uint32_t near = 0;

    is_cut_off = false;
    for (uint32_t round = 0; round < 5; round++, now += 40 * SECOND) {
        fail_old_keys();
        for (uint32_t i = 0; i < NODES; i++) {
            now += 10;
            vc_dht_table_asked(&table, now);
            asked_at = asked_at == VC_NEVER ? now : asked_at;
            for (uint8_t where = 0; where < 2; where++) {
                struct vc_dht_contact contact = contact_of(i, where);

                if (nodes[i].is_alive && nodes[i].where == where) {
                    continue;
                }
                if (entry_of(&table, &contact) != NULL) {
                    note_failure(i);
                }
                vc_dht_table_failed(&table, now, &contact);
                check(NULL, false);
            }
            if (nodes[i].is_alive) {
                hear(i);
            }
        }
        note_answer(); /* so that the pause is no silence */
        vc_dht_table_answered(&table, now);
        check(NULL, false);
    }
    for (uint32_t i = 0; i < table.count; i++) {
        const struct vc_dht_contact *contact = &table.entries[i].contact;
        uint64_t distance = distance_of(table.ids[i]);

        assert_true(nodes[number_of(contact)].is_alive);
        if (!has_failed(&table.entries[i]) && count_nearer(distance) < VC_DHT_NEAR) {
            farthest = distance > farthest ? distance : farthest;
        }
    }
    for (uint32_t i = 0; i < NODES && table.is_private; i++) {
        struct vc_dht_contact contact = contact_of(i, nodes[i].where);

        if (nodes[i].is_alive && distance_of(id_in(&table, &contact)) <= farthest) {
            assert_non_null(entry_of(&table, &contact));
            near++;
        }
    }
    assert_true(!table.is_private || near >= VC_DHT_NEAR);
}

enum { OPERATIONS = 50000 };

static void live(uint32_t capacity, bool is_private)
{
    uint32_t most = 0, full = 0;

    begin_world(capacity, is_private);
    for (uint32_t i = 1; i <= OPERATIONS; i++) {
        remember();
        operate();
        if (i % 16 == 0) {
            check_entries();
            check_nearest();
            check_due();
        }
        if (i % 256 == 0) {
            check_ids();
            check_spares();
        }
        if (i % (OPERATIONS / 2) == 0) {
            settle();
        }
        most = table.count > most ? table.count : most;
        full += table.count == table.capacity;
    }
    print_message("at most %u nodes, full %u times\n", most, full);
    table_close(&table);
}

static void a_private_table_keeps_its_rules(void **state)
{
    (void)state;
    prop = vc_prop_begin("a_private_table_keeps_its_rules");
    live(2 * VC_DHT_NEAR + 30, true);
}

static void a_public_table_keeps_its_rules(void **state)
{
    (void)state;
    prop = vc_prop_begin("a_public_table_keeps_its_rules");
    live(CAPACITY_MAX, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_table_keeps_its_rules),
        cmocka_unit_test(a_public_table_keeps_its_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
