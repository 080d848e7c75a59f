/* crypto/base/fifo.c against an array. */
#include "tests/support/test.h"

#include <string.h>

#include "crypto/base/fifo.h"
#include "tests/support/prop.h"

#define IDS 20

static void it_keeps_the_order_whatever_is_taken_out(void **state)
{
    (void)state;
    struct vc_prop prop = vc_prop_begin("it_keeps_the_order_whatever_is_taken_out");
    struct vc_fifo_link links[IDS] = {{0, 0}};
    struct vc_fifo fifo;
    uint32_t model[IDS], count = 0;
    vc_fifo_init(&fifo, links);
    for (int step = 0; step < 20000; step++) {
        uint32_t id = vc_prop_below(&prop, IDS), at = 0;
        while (at < count && model[at] != id)
            at++;
        assert_int_equal(vc_fifo_has(&fifo, id), at < count);
        if (vc_prop_below(&prop, 2) == 0) {
            vc_fifo_push(&fifo, id);
            if (at == count)
                model[count++] = id;
        } else {
            vc_fifo_remove(&fifo, id);
            if (at < count)
                memmove(&model[at], &model[at + 1], (--count - at) * sizeof model[0]);
        }
        assert_int_equal(vc_fifo_first(&fifo), count > 0 ? model[0] : VC_SLOT_NONE);
    }
    while (count > 0) {
        assert_int_equal(vc_fifo_first(&fifo), model[0]);
        vc_fifo_remove(&fifo, model[0]);
        memmove(&model[0], &model[1], --count * sizeof model[0]);
    }
    assert_int_equal(vc_fifo_first(&fifo), VC_SLOT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_keeps_the_order_whatever_is_taken_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
