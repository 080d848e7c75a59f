#include "cli/qr.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#define VERSION_MAX   5
#define QUIET_MODULES 4

/* Black on white, whatever the terminal's own colours are. */
#define INK     "\033[38;5;16m\033[48;5;231m"
#define INK_END "\033[0m"

bool vc_qr_fits(const struct vc_term *term)
{
    return term->has_color && term->columns >= VC_QR_COLUMNS && term->rows > VC_QR_ROWS;
}

/* Outside of the symbol there is the quiet zone, and below it nothing: all light. */
static bool is_dark(const QRcode *code, int row, int column)
{
    row -= QUIET_MODULES;
    column -= QUIET_MODULES;
    if (row < 0 || column < 0 || row >= code->width || column >= code->width)
        return false;
    return (code->data[row * code->width + column] & 1) != 0;
}

/* One alphanumeric segment: what libqrencode would split by itself takes more room. */
static vc_err encode(const char *text, QRcode **ret_code)
{
    QRinput *input = QRinput_new2(0, QR_ECLEVEL_L); /* the smallest that holds it */
    QRcode *code = NULL;

    if (input == NULL)
        return VC_ERR_NO_MEMORY;
    if (QRinput_append(input, QR_MODE_AN, (int)strlen(text),
                       (const unsigned char *)text) == 0)
        code = QRcode_encodeInput(input);
    QRinput_free(input);
    if (code == NULL)
        return errno == ENOMEM ? VC_ERR_NO_MEMORY : VC_ERR_TOO_LONG;
    if (code->version > VERSION_MAX) {
        QRcode_free(code);
        return VC_ERR_TOO_LONG;
    }
    *ret_code = code;
    return VC_OK;
}

vc_err vc_qr_draw(FILE *out, const char *text)
{
    static const char *const cells[] = {" ", "\u2584", "\u2580", "\u2588"};

    QRcode *code = NULL;

    vc_err err = encode(text, &code);
    if (err != VC_OK)
        return err;
    int side = code->width + 2 * QUIET_MODULES;
    for (int row = 0; row < side; row += 2) {
        (void)fputs(INK, out);
        for (int column = 0; column < side; column++) {
            int upper = is_dark(code, row, column) ? 2 : 0;
            (void)fputs(cells[upper + (is_dark(code, row + 1, column) ? 1 : 0)], out);
        }
        (void)fputs(INK_END "\n", out);
    }
    QRcode_free(code);
    return VC_OK;
}
