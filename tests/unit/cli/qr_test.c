#include "cli/qr.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static const char invite[] =
    "VECHE:"
    "AEBQGBIGA4EASCQLBQGQ4DYQCEJBGFAVCYLRQGJ2HEAEBQGBIGA4EASCQLBQGQ4DYQCEJBGFAVCYLRQGJ2"
    "HEAEBQGBIGA4EASCQLBQGQ4DYQCEJBGFAVCYLRQGJ2HEAEBQGBIGA4EASCQLBQGQ4D";

#define MODULES 45
#define INK     "\033[38;5;16m\033[48;5;231m"

/* Draws, and reads the cells back as dark and light modules. */
static void draw(const char *text, bool ret_dark[46][MODULES])
{
    char *drawn = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&drawn, &len);
    int row = 0;

    assert_int_equal(vc_qr_draw(out, text), VC_OK);
    fclose(out);
    for (const char *line = drawn; *line != '\0'; row++) {
        assert_memory_equal(line, INK, strlen(INK));
        line += strlen(INK);
        assert_true(row < VC_QR_ROWS);
        for (int column = 0; column < MODULES; column++) {
            const char *cell = line;
            line += *cell == ' ' ? 1 : 3;
            ret_dark[2 * row][column] =
                memcmp(cell, "\u2580", 3) == 0 || memcmp(cell, "\u2588", 3) == 0;
            ret_dark[2 * row + 1][column] =
                memcmp(cell, "\u2584", 3) == 0 || memcmp(cell, "\u2588", 3) == 0;
        }
        assert_memory_equal(line, "\033[0m\n", 5);
        line += 5;
    }
    assert_int_equal(row, VC_QR_ROWS);
    free(drawn);
}

static void an_invite_takes_45_by_23_cells_with_its_quiet_zone(void **state)
{
    (void)state;
    static bool dark[46][MODULES];

    assert_int_equal(strlen(invite), 154);
    draw(invite, dark);
    for (int i = 0; i < MODULES; i++) {
        for (int edge = 0; edge < 4; edge++) {
            assert_false(dark[edge][i]);
            assert_false(dark[MODULES - 1 - edge][i]);
            assert_false(dark[i][edge]);
            assert_false(dark[i][MODULES - 1 - edge]);
        }
        assert_false(dark[45][i]);
    }
}

static void the_three_corners_are_marked(void **state)
{
    (void)state;
    static bool dark[46][MODULES];
    static const int corners[3][2] = {{4, 4}, {4, 34}, {34, 4}};

    draw(invite, dark);
    for (int c = 0; c < 3; c++) {
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 7; x++) {
                int ring = x < 6 - x ? x : 6 - x;
                int other = y < 6 - y ? y : 6 - y;
                ring = ring < other ? ring : other;
                assert_int_equal(dark[corners[c][0] + y][corners[c][1] + x], ring != 1);
            }
        }
    }
}

static void a_code_to_compare_takes_37_by_19_cells(void **state)
{
    (void)state;
    static const char code[] =
        "VECHE-VERIFY:AFCRPINAM3CAMRK2QIUJKSVL3BGF3EPXMUK3U7ZCOJ26XF3J6WBUOGKVSU";
    char *drawn = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&drawn, &len);
    int rows = 0;

    assert_int_equal(vc_qr_draw(out, code), VC_OK);
    fclose(out);
    for (const char *line = drawn; *line != '\0'; rows++) {
        int cells = 0;

        line += strlen(INK);
        for (; *line != '\033'; cells++)
            line += *line == ' ' ? 1 : 3;
        assert_int_equal(cells, 37);
        line += strlen("\033[0m\n");
    }
    assert_int_equal(rows, 19);
    free(drawn);
}

static void what_does_not_fit_is_not_drawn(void **state)
{
    (void)state;
    char text[200];
    char *drawn = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&drawn, &len);

    memset(text, 'A', sizeof(text));
    text[155] = '\0';
    assert_int_equal(vc_qr_draw(out, text), VC_ERR_TOO_LONG);
    fclose(out);
    assert_int_equal(len, 0);
    free(drawn);
}

static void it_is_drawn_where_it_fits(void **state)
{
    (void)state;
    struct vc_term term = {
        .is_tty = true, .has_color = true, .columns = 80, .rows = 24};

    assert_true(vc_qr_fits(&term));
    term.rows = 23;
    assert_false(vc_qr_fits(&term));
    term.rows = 24;
    term.columns = 44;
    assert_false(vc_qr_fits(&term));
    term.columns = 45;
    term.has_color = false;
    assert_false(vc_qr_fits(&term));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invite_takes_45_by_23_cells_with_its_quiet_zone),
        cmocka_unit_test(the_three_corners_are_marked),
        cmocka_unit_test(a_code_to_compare_takes_37_by_19_cells),
        cmocka_unit_test(what_does_not_fit_is_not_drawn),
        cmocka_unit_test(it_is_drawn_where_it_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
