/*
 * A veched that is not there: the tests of commands say beforehand what is answered, run
 * the command in this process, and look at what was asked and what was printed.
 *
 * It takes the place of cli/connection.c's functions at link time (--wrap).
 */
#ifndef VC_TESTS_UNIT_CLI_FAKE_H
#define VC_TESTS_UNIT_CLI_FAKE_H

#include "cli/output.h"
#include "tests/support/test.h"

/* What a command did. */
struct vc_run {
    int exit_code;
    char *out; /* standard output and error, as they came */
    char *err;
};

/* Forgets everything; veched is there and answers nothing yet. */
void vc_fake_reset(void);
/* Every connection fails with this. */
void vc_fake_gone(vc_err err);
/* veched goes away when @method was called. */
void vc_fake_gone_after(const char *method);
/* The next connection is this descriptor, for what does not go through the functions. */
void vc_fake_socket(int fd);
/* The next call of @method is answered so; @result is JSON.  May be said several times. */
void vc_fake_answer(const char *method, const char *result);
/* The next call of @method fails so. */
void vc_fake_failure(const char *method, vc_err err, const char *detail);
/* An event that comes when one is waited for; after the last one it is quiet. */
void vc_fake_event(const char *params);
/* After the last event the connection ends, in place of the quiet. */
void vc_fake_end(void);
/* The parameters of the @nth call (from 0) of @method, or NULL. */
const json_t *vc_fake_asked(const char *method, int nth);

/* Runs `veche WORDS...` (a NULL at the end) with this standard input. */
struct vc_run vc_fake_run(const char *input, const char *const words[]);
void vc_run_clear(struct vc_run *run);

/* Runs and compares; for the many short ones. */
#define vc_fake_veche(input, ...) \
    vc_fake_run((input), (const char *const[]){__VA_ARGS__, NULL})

/* Objects as veched gives them, with the fields of @more (JSON) in place of the usual. */
char *vc_fake_contact(const char *more);
char *vc_fake_message(const char *more);
char *vc_fake_status(const char *more);
/* The status of a node of which the DHT is so. */
char *vc_fake_dht(const char *more);

#define assert_holds(text, part) assert_holds_at((text), (part), __FILE__, __LINE__)
void assert_holds_at(const char *text, const char *part, const char *file, int line);

#endif
