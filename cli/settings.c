#include "cli/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

vc_err vc_settings_load(const char *path, char **ret_text, size_t *ret_len)
{
    size_t room = VC_CONFIG_TEXT_MAX + 1; /* one more, to see that there is more */
    size_t len = 0;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? VC_ERR_NOT_FOUND
               : errno == EACCES                   ? VC_ERR_PERMISSION
                                                   : VC_ERR_IO;
    char *text = malloc(room);
    vc_err err = text == NULL ? VC_ERR_NO_MEMORY : VC_OK;
    while (err == VC_OK && len < room) {
        ssize_t got = read(fd, text + len, room - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            err = VC_ERR_IO;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    (void)close(fd); /* it was only read */
    if (err == VC_OK && len == room)
        err = VC_ERR_TOO_LONG;
    if (err != VC_OK) {
        free(text);
        return err;
    }
    *ret_text = text;
    *ret_len = len;
    return VC_OK;
}

struct wanted {
    enum vc_config_place key;
    char *value;
    size_t room;
    bool is_found;
};

static void on_value(void *ctx, unsigned line, enum vc_config_place key,
                     const char *value)
{
    struct wanted *wanted = ctx;
    size_t len = strlen(value);

    (void)line;
    if (key != wanted->key || len >= wanted->room)
        return;
    memcpy(wanted->value, value, len + 1);
    wanted->is_found = true;
}

static void on_fault(void *ctx, unsigned line, const char *words)
{
    (void)ctx;
    (void)line;
    (void)words;
}

bool vc_settings_value(const char *path, enum vc_config_place key, char *ret_value,
                       size_t room)
{
    struct wanted wanted = {key, ret_value, room, false};
    const struct vc_config_sink sink = {on_value, on_fault, &wanted};
    char *text = NULL;
    size_t len = 0;

    if (vc_settings_load(path, &text, &len) != VC_OK)
        return false;
    vc_err err = vc_config_read((struct vc_bytes){(const uint8_t *)text, len}, &sink);
    free(text);
    /* Mistakes are told by veched and by `veche config check`. */
    return wanted.is_found && (err == VC_OK || err == VC_ERR_CONFIG);
}
