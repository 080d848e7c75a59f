"""The tables that the rules read: floors, what each may use, and the exceptions with their reasons."""

# A floor is a folder; the longest prefix wins.  "node" is the files that stand in node/ itself.
FOLDERS = {
    "base": "crypto/base/",
    "crypto": "crypto/",
    "dht": "dht/",
    "storage": "storage/",
    "link": "node/link/",
    "seal": "node/seal/",
    "mail": "node/mail/",
    "find": "node/find/",
    "chat": "node/chat/",
    "node": "node/",
    "control": "node/control/",
    "edge": "node/edge/",
    "cli": "cli/",
    "tests": "tests/",
}

# What the files of a floor may include beside their own; "storage/store.h" is a single header.
BELOW = {
    "base": [],
    "crypto": ["base"],
    "dht": ["base", "crypto"],
    "storage": ["base", "crypto"],
    "link": ["base", "crypto", "dht"],
    "seal": ["base", "crypto", "storage/store.h"],
    "mail": ["base", "crypto", "dht", "link", "seal", "storage/store.h"],
    "find": ["base", "crypto", "dht", "storage/store.h"],
    "chat": ["base", "crypto", "dht", "link", "seal", "mail", "find", "storage/store.h"],
    "node": ["base", "crypto", "dht", "link", "seal", "mail", "find", "chat", "storage/store.h"],
    "control": ["base"],
    "edge": ["base", "crypto", "dht", "link", "seal", "mail", "find", "chat", "node", "control",
             "storage"],
    "cli": ["base", "control"],
    "tests": [floor for floor in FOLDERS],
}

# No clock, socket, thread, file, allocation or system randomness in these.
PURE = ["base", "crypto", "dht", "link", "seal", "mail", "find", "chat", "node", "control"]

# The libraries and the floor that each is made of.
LIBRARIES = {
    "vc_base": "base",
    "vc_crypto": "crypto",
    "vc_dht": "dht",
    "vc_storage": "storage",
    "vc_link": "link",
    "vc_seal": "seal",
    "vc_mail": "mail",
    "vc_find": "find",
    "vc_chat": "chat",
    "vc_node": "node",
    "vc_control": "control",
    "vc_edge": "edge",
}

# What a pure floor may include of the C library: what needs no system behind it.
PURE_HEADERS = {
    "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
    "stdio.h",  # snprintf; the call table refuses the rest
    "stdlib.h",  # abort, qsort, bsearch; the call table refuses the rest
    "string.h",
}

# header of another project -> the files and folders that may include it (tests/ may always)
FOREIGN_HEADERS = {
    "sodium.h": ["crypto/prim.c"],
    "uv.h": ["node/edge/"],
    "lmdb.h": ["storage/lmdb.c"],
    "jansson.h": ["node/control/", "node/edge/", "cli/"],
    "ini.h": ["node/control/", "node/edge/"],
    "utf8proc.h": ["node/chat/", "cli/"],
    "qrencode.h": ["cli/"],
    "curses.h": ["cli/"],
    "ncurses.h": ["cli/"],
    "natpmp.h": ["node/edge/"],
    "miniupnpc/miniupnpc.h": ["node/edge/"],
    "cmocka.h": [],
}

# The same as symbols of object files: prefix -> where it may be undefined.
FOREIGN_SYMBOLS = {
    "crypto_": ["vc_crypto:prim.c"],
    "sodium_": ["vc_crypto:prim.c"],
    "randombytes": [],
    "uv_": ["vc_edge"],
    "mdb_": ["vc_storage:lmdb.c"],
    "json_": ["vc_control", "vc_edge"],
    "ini_": ["vc_control", "vc_edge"],
    "utf8proc_": ["vc_chat"],
}

# Names that a pure floor never calls, by what they would bring in.
IMPURE_CALLS = {
    "clock": """clock_gettime clock_getres gettimeofday time localtime localtime_r gmtime
        gmtime_r mktime strftime nanosleep sleep usleep alarm timer_create clock""",
    "socket": """socket socketpair bind listen accept accept4 connect send sendto sendmsg
        sendmmsg recv recvfrom recvmsg recvmmsg setsockopt getsockopt getaddrinfo poll ppoll
        select epoll_create epoll_create1 epoll_ctl epoll_wait shutdown getsockname
        getifaddrs""",
    "thread": """fork vfork execve execv execvp execl execlp thrd_create mtx_lock mtx_init
        cnd_wait kill raise sigaction signal""",
    "file": """fopen fdopen freopen fclose fread fwrite fgets fputs fputc fgetc getline fseek
        fflush open openat creat read pread readv write pwrite writev close fsync fdatasync
        ftruncate unlink rename mkdir mmap munmap mlock stat fstat lstat opendir readdir
        getenv setenv""",
    "output": "printf fprintf dprintf vprintf vfprintf vdprintf puts putchar perror syslog",
    "allocation": """malloc calloc realloc reallocarray free posix_memalign aligned_alloc
        strdup strndup asprintf vasprintf sbrk sodium_malloc sodium_allocarray
        sodium_free""",
    "randomness": """getrandom getentropy arc4random arc4random_buf arc4random_uniform
        randombytes randombytes_buf randombytes_random randombytes_uniform drand48 lrand48""",
}
IMPURE_PREFIXES = {
    "thread": ["pthread_", "thrd_", "mtx_", "cnd_", "sem_"],
    "randomness": ["randombytes_"],
    "event loop": ["uv_"],
    "store": ["mdb_"],
}
# libsodium makes these keys from the system's randomness; the _seed_ forms are fine.
IMPURE_PATTERNS = {"randomness": [r"crypto_\w*?(?<!_seed)_keypair", r"crypto_\w+_keygen"]}

# (file, call) -> why it may be there.
PURE_EXCEPTIONS = {
    ("crypto/base/check.c", "write"): "the last words of a process that ends here",
}

# (file, header) -> why it may be there.
HEADER_EXCEPTIONS = {
    ("crypto/base/check.c", "unistd.h"): "the last words of a process that ends here",
}

# What the objects of a pure floor may leave undefined, beside vc_ names and the libraries above.
PURE_SYMBOLS = set("""memcpy memmove memset memcmp memchr memmem strlen strnlen strcmp strncmp
    strchr strrchr strstr strspn strcspn snprintf vsnprintf abort qsort bsearch""".split())
# Symbols that the compiler or a sanitizer brings along.
COMPILER_SYMBOLS = (
    r"_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|_?_?_?_?(odr_)?asan.*|__ubsan.*|__tsan.*"
    r"|__sanitizer.*|__sancov.*|__start___sancov.*|__stop___sancov.*|sancov\..*|asan\..*"
    r"|_?_?gcov.*|__llvm.*|__func__.*|__PRETTY_FUNCTION__.*|\.L.*|\.Lubsan.*"
    r"|__unnamed_\d+|__[a-z]+[dst]i[1234]|tsan\..*"
)
# (library, object) -> further symbols that it may leave undefined
OBJECT_EXCEPTIONS = {
    ("vc_base", "check.c"): {"write"},
}
# (library, object, name) -> why a pure floor has this writable static
STATE_EXCEPTIONS = {}

# Calls that nobody makes; the second word says what to use.
BANNED_CALLS = {
    "strcpy": "the cursor or memcpy with a checked length",
    "stpcpy": "the cursor or memcpy with a checked length",
    "strcat": "the cursor",
    "strncpy": "memcpy with a checked length",
    "strncat": "the cursor",
    "sprintf": "snprintf with a checked result",
    "vsprintf": "vsnprintf with a checked result",
    "sscanf": "a parser of its own",
    "scanf": "a parser of its own",
    "strtok": "memchr",
    "strtok_r": "memchr",
    "gets": "getline",
    "atoi": "strtol with all its checks",
    "atol": "strtol with all its checks",
    "atoll": "strtoll with all its checks",
    "atof": "strtod with all its checks",
    "alloca": "an array of a fixed size",
    "rand": "the machine's generator",
    "srand": "the machine's generator",
    "random": "the machine's generator",
    "srandom": "the machine's generator",
    "system": "posix_spawn with an argument list",
    "popen": "posix_spawn with an argument list",
    "tmpnam": "mkstemp",
    "mktemp": "mkstemp",
    "assert": "VC_CHECK, which no build type turns off",
}
# (file, call) -> why it may be there.
BANNED_EXCEPTIONS = {}

# Sources without a unit test of their own, and why.
NO_UNIT_TEST = {
    "crypto/wordlist.c": "a table; the test of words.c reads it",
    "node/edge/main.c": "main() only; the end-to-end tests run the program",
    # These are made of loop, sockets, store and node at once: lab_api.py calls every method and
    # reads every event, lab_hostile.py is what clients may do, lab_kills.py and lab_disk.py
    # are what a turn may meet.
    "node/edge/bootstrap.c": "tests/e2e/lab_dht.py starts twenty of it, kills and restarts them",
    "node/edge/client.c": "tests/e2e/lab_hostile.py runs it against bad clients",
    "node/edge/control_server.c": "tests/e2e/lab_hostile.py runs it against bad clients",
    "node/edge/daemon.c": "tests/e2e/lab_start.py starts and stops it in every way",
    "node/edge/feed.c": "tests/e2e/lab_hostile.py wants no event lost",
    "node/edge/methods.c": "tests/e2e/lab_api.py calls every method",
    "node/edge/methods_dht.c": "tests/e2e/lab_api.py calls every method",
    "node/edge/methods_identity.c": "tests/e2e/lab_api.py calls every method",
    "node/edge/methods_messages.c": "tests/e2e/lab_api.py calls every method",
    "node/edge/methods_node.c": "tests/e2e/lab_api.py calls every method",
    "node/edge/methods_people.c": "tests/e2e/lab_api.py calls every method",
    "node/edge/methods_secret.c": "tests/e2e/lab_passphrase.py changes it in every way",
    "node/edge/report.c": "tests/e2e/lab_api.py reads status and report",
    "node/edge/turn.c": "tests/e2e/lab_kills.py and lab_disk.py let turns fail",
    "cli/main.c": "main() only; the end-to-end tests run the program",
}

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
COLUMNS_MAX = 100

TOP_LEVEL = {
    "cli", "crypto", "dht", "node", "storage", "tests", "CMakeLists.txt", "CMakePresets.json",
    "README.md", "LICENSE", "CHANGELOG.md",
}

# Words that do not belong in the project.  They are put together here so that this file is clean.
BANNED_WORDS = {
    r"\bTO" r"DO\b": "finish it or leave it out",
    r"\bFIX" r"ME\b": "finish it or leave it out",
    r"\bX" r"XX\b": "finish it or leave it out",
    r"\bHA" r"CK\b": "finish it or leave it out",
    r"(?i)\bfor" r" now\b": "say what is, not what may be later",
    r"(?i)\bnot" r" implemented\b": "say what is, not what may be later",
    r"(?i)\bsub" r"-?agents?\b": "the project speaks of itself alone",
    r"(?<![\w.])/wo" r"rk/": "no paths of one machine",
    r"(?<![\w.])/fa" r"rm\b": "no paths of one machine",
    r"/tmp/ve" r"che/": "no paths of one machine",
    r"\bshar" r"ed/(design|vectors|hooks)": "no paths of one machine",
    r"\.lib" r"rary/": "no paths of one machine",
    r"\b(deb|registry|security|snapshot)\.[a-z]+\.(org|net|com)\b": "no host names of registries",
    r"(?i)\bissues? " r"#?\d+\b": "the reason stands in the text itself",
}
