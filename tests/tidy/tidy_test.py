#!/usr/bin/env python3
"""Tests of the tidy rules: each must find a planted violation, and none may speak of a clean tree."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import floors
from tidy import complaints_of

COMPILER = "cc"

# Without a document that states constants: reading those needs a compiler, and time.
CLEAN = {
    "README.md": "# A project\n",
    "crypto/base/clean.h": """\
/*
 * A header that keeps every rule.
 */
#ifndef VC_CRYPTO_BASE_CLEAN_H
#define VC_CRYPTO_BASE_CLEAN_H

#include <stddef.h>

#define VC_CLEAN_MAX (2u * 512)
#define VC_CLEAN_LABEL "veche clean"

enum vc_clean {
    VC_CLEAN_ONE = 1,
    VC_CLEAN_TWO
};

size_t vc_clean_size(const char *text);

#endif
""",
    "crypto/base/clean.c": """\
#include "crypto/base/clean.h"

#include <string.h>

static const char *const names[] = {"time(", "open(", "one\\"two"};

/* It says strcpy() and malloc() here, and that is all it does. */
size_t vc_clean_size(const char *text)
{
    size_t len = strlen(text);

    if (len == 0) {
        goto out;
    }
    len += strlen(names[0]);
out:
    return len;
}
""",
    "tests/unit/base/clean_test.c": """\
#include "crypto/base/clean.h"

int main(void)
{
    return vc_clean_size("") == 0 ? 0 : 1;
}
""",
}

SPEC = """\
A label is `VC_CLEAN_LABEL = "veche clean"`; see `VC_CLEAN_ONE` and `VC_CLEAN_TWO = 2`.

| name | value | why |
|---|---|---|
| `VC_CLEAN_MAX` | 1 KiB | a reason |
| `VC_CLEAN_TWO` | 2 pieces | another |
| `VC_CLEAN_ONE` | the first | no value is stated |
"""

LONG_FUNCTION = "void vc_long(void)\n{\n" + "    ;\n" * 68 + "}\n"


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def add_source(self, path, text):
        """A source together with the test that the rules want of it."""
        self.write(path, text)
        floor = {folder: name for name, folder in floors.FOLDERS.items()}[
            path.rsplit("/", 1)[0] + "/"]
        name = os.path.basename(path)[:-2]
        self.write(f"tests/unit/{floor}/{name}_test.c", "int main(void)\n{\n    return 0;\n}\n")

    def found(self, libraries=None):
        return [(item.rule, item.path, item.line)
                for item in complaints_of(self.root, libraries or {}, COMPILER)]

    def expect(self, rule, path, line=None, libraries=None):
        """This complaint, and no other."""
        found = self.found(libraries)
        self.assertEqual(len(found), 1, found)
        self.assertEqual(found[0][:2], (rule, path))
        if line is not None:
            self.assertEqual(found[0][2], line)

    def compile(self, library, **members):
        """Objects of C text in an archive: {library: path}."""
        objects = []
        for name, text in members.items():
            objects.append(os.path.join(self.root, "build", f"{name}.c.o"))
            os.makedirs(os.path.dirname(objects[-1]), exist_ok=True)
            subprocess.run([COMPILER, "-x", "c", "-fPIC", "-w", "-c", "-", "-o", objects[-1]],
                           input=text, text=True, check=True)
        archive = os.path.join(self.root, "build", f"lib{library}.a")
        subprocess.run(["ar", "rcs", archive, *objects], check=True)
        return {library: archive}


class CleanTree(TidyTest):
    def test_nothing_is_said_of_a_clean_tree(self):
        self.write("crypto/SPEC.md", SPEC)
        self.assertEqual(self.found(), [])

    def test_nothing_is_said_of_clean_objects(self):
        libraries = self.compile("vc_base", clean="""
            #include <string.h>
            static const char *const names[] = {"a", "b"};
            const char *vc_clean_name(int i) { return names[i]; }
            unsigned long vc_clean_len(const char *text) { return strlen(text); }""")
        libraries.update(self.compile("vc_crypto", prim="""
            int crypto_sign_seed_keypair(void);
            int vc_prim(void) { return crypto_sign_seed_keypair(); }"""))
        libraries.update(self.compile("vc_storage", lmdb="""
            int mdb_env_open(void); void *malloc(unsigned long); static int count;
            int vc_store_open(void) { return mdb_env_open() + count++ + !malloc(1); }"""))
        self.assertEqual(self.found(libraries), [])


class Includes(TidyTest):
    def test_up(self):
        self.write("crypto/key.h", "#ifndef VC_CRYPTO_KEY_H\n#define VC_CRYPTO_KEY_H\n#endif\n")
        self.add_source("crypto/base/up.c", '#include "crypto/key.h"\n')
        self.expect("include-down", "crypto/base/up.c", 1)

    def test_sideways(self):
        self.write("storage/lmdb.h", "#ifndef VC_STORAGE_LMDB_H\n#define VC_STORAGE_LMDB_H\n#endif\n")
        self.add_source("node/mail/outbox.c", '\n#include "storage/lmdb.h"\n')
        self.expect("include-down", "node/mail/outbox.c", 2)

    def test_the_door_of_the_store_is_open_to_mail(self):
        self.write("storage/store.h",
                   "#ifndef VC_STORAGE_STORE_H\n#define VC_STORAGE_STORE_H\n#endif\n")
        self.add_source("node/mail/outbox.c", '#include "storage/store.h"\n')
        self.assertEqual(self.found(), [])

    def test_nothing_sees_tests(self):
        self.write("tests/support/help.h",
                   "#ifndef VC_TESTS_SUPPORT_HELP_H\n#define VC_TESTS_SUPPORT_HELP_H\n#endif\n")
        self.add_source("node/edge/loop.c", '#include "tests/support/help.h"\n')
        self.expect("include-down", "node/edge/loop.c")

    def test_path_is_not_from_the_root(self):
        self.add_source("crypto/base/near.c", '#include "clean.h"\n')
        self.expect("include-path", "crypto/base/near.c", 1)

    def test_a_second_file_includes_sodium(self):
        self.add_source("crypto/noise.c", "#include <sodium.h>\n")
        self.expect("foreign-header", "crypto/noise.c", 1)

    def test_the_store_includes_uv(self):
        self.add_source("storage/lmdb.c", "#include <lmdb.h>\n#include <uv.h>\n")
        self.expect("foreign-header", "storage/lmdb.c", 2)

    def test_a_second_file_includes_lmdb(self):
        self.add_source("storage/check.c", "#include <lmdb.h>\n")
        self.expect("foreign-header", "storage/check.c", 1)

    def test_chat_includes_jansson(self):
        self.add_source("node/chat/text.c", "#include <utf8proc.h>\n#include <jansson.h>\n")
        self.expect("foreign-header", "node/chat/text.c", 2)

    def test_a_pure_floor_includes_a_system_header(self):
        self.add_source("node/link/path.c", "#include <sys/socket.h>\n")
        self.expect("pure-header", "node/link/path.c", 1)


class Purity(TidyTest):
    def body(self, statement):
        return f"int vc_x(int fd);\n\nint vc_x(int fd)\n{{\n    {statement}\n    return fd;\n}}\n"

    def test_every_kind_of_call(self):
        for statement in ("clock_gettime(0, 0);", "fd = (int)time(0);", "gettimeofday(0, 0);",
                          "fd = socket(1, 2, 3);", "sendto(fd, 0, 0, 0, 0, 0);",
                          "recvmsg(fd, 0, 0);", "pthread_mutex_lock(0);", "fopen(0, 0);",
                          "fd = open(0, 0);", "read(fd, 0, 0);", "write(fd, 0, 0);",
                          'printf("x");', "free(malloc (1));", "calloc(1, 1);",
                          "getrandom(0, 0, 0);", "randombytes_buf(0, 0);",
                          "crypto_sign_keypair(0, 0);", "crypto_box_keypair(0, 0);",
                          "sodium_malloc(1);", "uv_now(0);", "mdb_env_open(0, 0, 0, 0);"):
            with self.subTest(statement):
                self.add_source("node/link/impure.c", self.body(statement))
                found = self.found()
                self.assertIn(("purity", "node/link/impure.c", 5), found)
                self.assertTrue(all(rule == "purity" for rule, _, _ in found), found)

    def test_what_only_looks_like_a_call(self):
        self.add_source("node/link/pure.c", """\
struct vc_ops {
    int (*send)(int fd);
    void *(*malloc)(int size);
};

int vc_link_recv(struct vc_ops *ops, int time);

static int connect(int fd)
{
    return fd;
}

/* time(), read() and malloc() */
int vc_link_recv(struct vc_ops *ops, int time)
{
    ops->malloc(time);
    return (*ops).send(time) + connect(1) + (int)sizeof("write(fd)");
}
""")
        self.assertEqual(self.found(), [])

    def test_the_edge_may(self):
        self.add_source("node/edge/clock.c", self.body("clock_gettime(0, 0);"))
        self.assertEqual(self.found(), [])

    def test_keys_from_a_seed_are_pure(self):
        self.add_source("crypto/prim.c", self.body("crypto_sign_seed_keypair(0, 0, 0);"))
        self.assertEqual(self.found(), [])


class Form(TidyTest):
    def test_banned_calls(self):
        for call in ("strcpy", "strcat", "sprintf", "vsprintf", "strtok", "gets", "atoi", "atol",
                     "alloca", "rand", "srand", "strncpy", "system", "popen"):
            with self.subTest(call):
                self.add_source("cli/bad.c", f"void vc_x(void)\n{{\n    {call}(0);\n}}\n")
                self.expect("banned-call", "cli/bad.c", 3)

    def test_a_function_is_long(self):
        self.add_source("crypto/base/long.c", LONG_FUNCTION)
        self.expect("function-size", "crypto/base/long.c", 1)

    def test_a_function_of_70_lines_is_not(self):
        self.add_source("crypto/base/long.c", LONG_FUNCTION.replace("    ;\n", "", 1))
        self.assertEqual(self.found(), [])

    def test_a_brace_hides_a_function(self):
        self.add_source("crypto/base/brace.c", "int vc_x(void) {\n    return 0;\n}\n")
        self.expect("function-brace", "crypto/base/brace.c", 1)

    def test_a_file_is_long(self):
        self.add_source("crypto/base/big.c", "int vc_x;\n" * 601)
        self.expect("file-size", "crypto/base/big.c")
        self.write("crypto/base/README.md", "It also has big.c.\n")
        self.expect("file-size", "crypto/base/big.c")
        self.write("crypto/base/README.md", "A table makes `big.c` longer\nthan 600 lines.\n")
        self.assertEqual(self.found(), [])

    def test_goto_backwards_and_elsewhere(self):
        body = "int vc_x(void)\n{\nout:\n    goto out;\n}\n"
        self.add_source("crypto/base/jump.c", body)
        self.expect("goto", "crypto/base/jump.c", 4)
        self.add_source("crypto/base/jump.c", "int vc_x(void)\n{\n    goto done;\ndone:\n    return 0;\n}\n")
        self.expect("goto", "crypto/base/jump.c", 3)

    def test_columns_tabs_ends_and_comments(self):
        for rule, text in (("columns", "int vc_x; /*" + "x" * 100 + "*/\n"), ("tab", "int\tvc_x;\n"),
                           ("line-end", "int vc_x; \n"), ("line-end", "int vc_x;\r\n"),
                           ("line-end", "int vc_x;"), ("comment", "int vc_x; // one\n")):
            with self.subTest(rule):
                self.add_source("crypto/base/form.c", text)
                self.expect(rule, "crypto/base/form.c", 1)

    def test_include_guard(self):
        for text in ("int vc_x;\n", "#ifndef VC_FORM_H\n#define VC_FORM_H\n#endif\n",
                     "#pragma once\n"):
            with self.subTest(text):
                self.write("crypto/base/form.h", text)
                self.expect("include-guard", "crypto/base/form.h")

    def test_a_source_without_its_test(self):
        self.write("crypto/alone.c", "int vc_x;\n")
        self.expect("unit-test", "crypto/alone.c")


class Text(TidyTest):
    def test_words(self):
        words = ("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK", "for" " now", "For" " now",
                 "not" " implemented", "shar" "ed/design", "/wo" "rk/main", "sub" "agent",
                 "issue" " 2", "https://deb." "example.org")
        self.write("tests/word.sh", "".join(f"echo {word}\n" for word in words))
        self.assertEqual(sorted(self.found()),
                         [("word", "tests/word.sh", line + 1) for line in range(len(words))])

    def test_words_stand_nowhere(self):
        for path in ("README.md", "crypto/README.md", "cli/word.c", "cli/word.h", "CMakeLists.txt",
                     "tests/word.py", ".ci/run", "CMakePresets.json"):
            self.write(path, "/* TO" "DO */\n")
        found = [path for rule, path, _ in self.found() if rule == "word"]
        self.assertEqual(len(found), 8, found)

    def test_words_that_hold_such_words(self):
        self.write("tests/word.sh", "mktemp veche.XXXXXX; framework/; XXpsk3; therefor nowhere\n")
        self.assertEqual(self.found(), [])

    def test_top_level(self):
        self.write("src/new.md", "A folder that nobody asked for.\n")
        self.expect("top-level", "src")

    def test_a_stated_constant_differs(self):
        for text in ("`VC_CLEAN_MAX = 1025`", "`VC_CLEAN_TWO = 1 << 4`",
                     '`VC_CLEAN_LABEL = "veche dirty"`', "`VC_CLEAN_MAX = VC_CLEAN_TWO * 2`",
                     "| `VC_CLEAN_MAX` | 1025 bytes | |", "| `VC_CLEAN_MAX` | 2 KiB | |",
                     "| `VC_CLEAN_MAX` | `1025` |", '| `VC_CLEAN_LABEL` | "other" | |',
                     "| `VC_CLEAN_TWO` | -2 | |"):
            with self.subTest(text):
                self.write("node/SPEC.md", f"A word.\n\n{text}\n")
                self.expect("constant", "node/SPEC.md", 3)

    def test_a_stated_constant_is_right(self):
        self.write("node/SPEC.md", "`VC_CLEAN_MAX = 1024`, `VC_CLEAN_MAX = 512 * VC_CLEAN_TWO`\n"
                   "| `VC_CLEAN_MAX` | 1024, less the rest |\n| `VC_CLEAN_MAX` | 1 << 10 |\n")
        self.assertEqual(self.found(), [])

    def test_a_stated_constant_cannot_be_read(self):
        for text in ("`VC_CLEAN_MAX = many`", "| `VC_CLEAN_MAX` | 1x | |",
                     "| `VC_CLEAN_MAX` | 1,024 | |"):
            with self.subTest(text):
                self.write("node/SPEC.md", text + "\n")
                self.expect("constant", "node/SPEC.md", 1)

    def test_a_stated_constant_is_unknown(self):
        self.write("README.md", "`VC_NO_SUCH_THING = 1`\n")
        self.expect("constant", "README.md", 1)
        self.write("README.md", "# A project\n")
        self.write("storage/SCHEMA.md", "It is at most `VC_NO_SUCH_THING`.\n")
        self.expect("constant", "storage/SCHEMA.md", 1)

    def test_headers_that_do_not_compile_are_told(self):
        self.write("crypto/SPEC.md", SPEC)
        self.write("crypto/base/bad.h", "#ifndef VC_CRYPTO_BASE_BAD_H\n"
                   "#define VC_CRYPTO_BASE_BAD_H\nint vc_x(;\n#endif\n")
        self.assertIn("constant", [rule for rule, _, _ in self.found()])

    def test_a_made_name_is_known(self):
        self.write("crypto/base/list.h", """\
#ifndef VC_CRYPTO_BASE_LIST_H
#define VC_CRYPTO_BASE_LIST_H
#define VC_THINGS(X) X(ONE, 1)
enum vc_thing {
#define VC_THING_ENUM(name, code) VC_THING_##name = (code),
    VC_THINGS(VC_THING_ENUM)
#undef VC_THING_ENUM
};
#endif
""")
        self.write("node/CONTROL.md", "`VC_THING_ONE = 1` and `VC_THING_ONE`\n")
        self.assertEqual(self.found(), [])
        self.write("node/CONTROL.md", "`VC_THING_TWO`\n")
        self.expect("constant", "node/CONTROL.md", 1)


class Objects(TidyTest):
    def test_an_export_without_prefix(self):
        for text in ("void helper(void) {}", "int counter;", "const int table[2] = {1, 2};"):
            with self.subTest(text):
                self.expect("export", "vc_edge(x.c)", libraries=self.compile("vc_edge", x=text))

    def test_libraries_stay_where_they_are_used(self):
        for library, call in (("vc_link", "crypto_hash"), ("vc_chat", "json_loads"),
                              ("vc_storage", "uv_run"), ("vc_edge", "mdb_get"),
                              ("vc_crypto", "sodium_memzero"), ("vc_edge", "randombytes_buf")):
            with self.subTest(call):
                text = f"void {call}(void); void vc_x(void) {{ {call}(); }}"
                found = self.found(self.compile(library, x=text))
                self.assertIn(("foreign-symbol", f"{library}(x.c)", 1), found)

    def test_banned_symbols(self):
        text = "char *strcpy(); void vc_x(char *a, char *b) { strcpy(a, b); }"
        self.expect("banned-symbol", "vc_edge(x.c)",
                    libraries=self.compile("vc_edge", x="#pragma GCC optimize 0\n" + text))

    def test_a_pure_floor_takes_from_the_system(self):
        for library, call in (("vc_base", "malloc"), ("vc_link", "clock_gettime"),
                              ("vc_mail", "puts"), ("vc_node", "getenv"),
                              ("vc_crypto", "pthread_create"), ("vc_chat", "dlopen")):
            with self.subTest(call):
                text = f"void *{call}(); void *vc_x(void) {{ return {call}(); }}"
                self.expect("pure-symbol", f"{library}(x.c)",
                            libraries=self.compile(library, x=text))

    def test_a_key_from_system_randomness(self):
        text = "int crypto_box_keypair(void); int vc_x(void) { return crypto_box_keypair(); }"
        self.expect("pure-symbol", "vc_crypto(prim.c)",
                    libraries=self.compile("vc_crypto", prim=text))

    def test_a_checking_form_is_seen_through(self):
        good = "void __memcpy_chk(void); void vc_x(void) { __memcpy_chk(); }"
        self.assertEqual(self.found(self.compile("vc_base", x=good)), [])
        bad = "void __printf_chk(void); void vc_x(void) { __printf_chk(); }"
        self.expect("pure-symbol", "vc_base(x.c)", libraries=self.compile("vc_base", x=bad))

    def test_a_call_up(self):
        libraries = self.compile("vc_link", link="void vc_link_x(void) {}")
        libraries.update(self.compile(
            "vc_crypto", x="void vc_link_x(void); void vc_x(void) { vc_link_x(); }"))
        self.expect("link-down", "vc_crypto(x.c)", libraries=libraries)

    def test_hidden_state(self):
        for text in ("static int count; int vc_x(void) { return count++; }",
                     "int vc_x(void) { static int count = 7; return count++; }",
                     "int vc_counter;"):
            with self.subTest(text):
                self.expect("pure-state", "vc_link(x.c)",
                            libraries=self.compile("vc_link", x=text))

    def test_a_library_that_is_not_built(self):
        self.expect("library", "nowhere.a", libraries={"vc_base": "nowhere.a"})


if __name__ == "__main__":
    unittest.main()
