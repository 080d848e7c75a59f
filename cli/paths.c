#include "cli/paths.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/settings.h"

/* Formats a path; false when it does not fit. */
__attribute__((format(printf, 2, 3))) static bool path_format(char ret_path[PATH_MAX],
                                                              const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(ret_path, PATH_MAX, format, args);
    va_end(args);
    return len >= 0 && len < PATH_MAX;
}

/* An absolute path from what was typed here: veched runs in another directory. */
static bool path_absolute(const char *path, char ret_path[PATH_MAX])
{
    char here[PATH_MAX];

    if (path[0] == '/')
        return path_format(ret_path, "%s", path);
    return getcwd(here, sizeof(here)) != NULL &&
           path_format(ret_path, "%s/%s", here, path);
}

/* The value of a variable that has to be an absolute path, else NULL: so says XDG. */
static const char *path_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] == '/' ? value : NULL;
}

static bool usual_dir(char ret_dir[PATH_MAX])
{
    const char *data = path_variable("XDG_DATA_HOME");
    const char *home = path_variable("HOME");

    if (data != NULL)
        return path_format(ret_dir, "%s/veche", data);
    if (home == NULL) {
        const struct passwd *user = getpwuid(getuid());
        home = user == NULL ? NULL : user->pw_dir;
    }
    return home != NULL && path_format(ret_dir, "%s/.local/share/veche", home);
}

static bool find_socket(const struct vc_paths *paths, const char *dir,
                        const char *socket, char ret_path[PATH_MAX])
{
    const char *runtime = path_variable("XDG_RUNTIME_DIR");

    if (socket != NULL)
        return path_absolute(socket, ret_path);
    if (vc_settings_value(paths->config, VC_CONFIG_SOCKET, ret_path, PATH_MAX))
        return true;
    if (dir == NULL && runtime != NULL)
        return path_format(ret_path, "%s/veche/control.sock", runtime);
    return path_format(ret_path, "%s/control.sock", paths->dir);
}

vc_err vc_paths_find(const char *dir, const char *socket, struct vc_paths *ret_paths,
                     char *ret_detail, size_t room)
{
    struct vc_paths paths = {.is_usual = dir == NULL && socket == NULL};

    bool is_found = dir == NULL ? usual_dir(paths.dir) : path_absolute(dir, paths.dir);
    size_t len = strlen(paths.dir);
    while (is_found && len > 1 && paths.dir[len - 1] == '/')
        paths.dir[--len] = '\0';
    if (!is_found) {
        (void)snprintf(ret_detail, room, "%s",
                       dir == NULL ? "there is no home directory: name one with --dir"
                                   : "--dir: the path is too long");
        return VC_ERR_USAGE;
    }
    if (!path_format(paths.config, "%s/veche.conf", paths.dir) ||
        !path_format(paths.log, "%s/veched.log", paths.dir) ||
        !find_socket(&paths, dir, socket, paths.socket)) {
        (void)snprintf(ret_detail, room, "a path is too long");
        return VC_ERR_USAGE;
    }
    if (strlen(paths.socket) > VC_SOCKET_PATH_MAX) {
        (void)snprintf(ret_detail, room,
                       "the socket's path has %zu bytes, and the system allows %d:"
                       " name a shorter one with --socket",
                       strlen(paths.socket), VC_SOCKET_PATH_MAX);
        return VC_ERR_USAGE;
    }
    *ret_paths = paths;
    return VC_OK;
}

/* Beside this program, as it is installed or built. */
static bool program_beside(const char *name, char ret_path[PATH_MAX])
{
    static const char *const folders[] = {"", "/../sbin", "/../node/edge"};
    char self[PATH_MAX];

    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len <= 0)
        return false;
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (path_format(ret_path, "%s%s/%s", self, folders[i], name) &&
            access(ret_path, X_OK) == 0)
            return true;
    }
    return false;
}

bool vc_paths_program(const char *name, char ret_path[PATH_MAX])
{
    const char *search = getenv("PATH");

    if (program_beside(name, ret_path))
        return true;
    while (search != NULL && *search != '\0') {
        size_t span = strcspn(search, ":");
        if (span > 0 && path_format(ret_path, "%.*s/%s", (int)span, search, name) &&
            access(ret_path, X_OK) == 0)
            return true;
        search += span + (search[span] == ':' ? 1 : 0);
    }
    return false;
}
