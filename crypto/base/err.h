/*
 * Errors: one list, with the words and the hint that a person reads.
 *
 * Three kinds of trouble, three treatments.  A programmer's mistake is VC_CHECK.
 * A stranger's bytes are counted and dropped: a decoder says VC_ERR_MALFORMED and its
 * machine stays silent.  The world (disk, permissions, limits) is a vc_err that goes up
 * to the edge, which logs it once and tells the user.
 */
#ifndef VC_CRYPTO_BASE_ERR_H
#define VC_CRYPTO_BASE_ERR_H

#include "crypto/base/base.h"

/*
 * X(name, code, exit code of the command line, words, hint: what to do)
 *
 * Codes and names are stable: they are part of the control protocol.
 */
#define VC_ERRORS(X)                                                                   \
    X(OK, 0, 0, "done", "")                                                            \
    X(MALFORMED, -1, 1, "these bytes do not have the form they should have",           \
      "check that nothing was cut off or changed on the way")                          \
    X(FULL, -2, 1, "a limit is reached", "try again in a moment")                      \
    X(NOT_FOUND, -3, 1, "there is no such thing", "check the name")                    \
    X(EXISTS, -4, 1, "it is there already", "choose another name")                     \
    X(NO_MEMORY, -5, 1, "memory is short", "close other programs and try again")       \
    X(AUTH, -6, 1, "this was not made by who it claims to be made by",                 \
      "ask the other side for a new one over a way that you trust")                    \
    X(DISK_FULL, -7, 1, "the disk is full: nothing new is accepted",                   \
      "free some space; it goes on by itself")                                         \
    X(STORE_IO, -8, 1, "the disk did not keep what was written: nothing new is accepted", \
      "look at the disk (dmesg); it goes on by itself when a write succeeds")          \
    X(STORE_DAMAGED, -9, 1, "the store is damaged",                                    \
      "run: veched --check; then restore a copy of the directory")                     \
    X(STORE_NEWER, -10, 1, "the store was written by a newer veche",                   \
      "install the newer version again")                                               \
    X(STORE_LOCKED, -11, 1, "another veched uses this directory",                      \
      "stop it with: veche down; or choose another --dir")                             \
    X(PERMISSION, -12, 1, "permission denied", "check who owns the file and its mode") \
    X(IO, -13, 1, "reading or writing failed", "look at the system's log")             \
    X(ADDRESS_IN_USE, -14, 1, "another program uses this address",                     \
      "choose another port with --listen, or stop the other program")                  \
    X(UNSUPPORTED, -15, 1, "this version does not know that", "install a newer veche") \
    X(USAGE, -16, 2, "the command cannot be understood", "see: veche help")            \
    X(CONFIG, -17, 2, "the configuration has a mistake", "see: veche config check")    \
    X(NO_DAEMON, -18, 4, "veched is not running", "start it with: veche up")           \
    X(VERSION, -19, 1, "veche and veched are of different versions",                   \
      "run: veche down && veche up")                                                   \
    X(TIMEOUT, -20, 6, "it took too long", "try again; see: veche status")             \
    X(PEER_UNREACHABLE, -21, 5, "the other side cannot be reached now",                \
      "it is tried again by itself; see: veche contacts")                              \
    X(REFUSED, -22, 7, "the other side said no", "ask them")                           \
    X(TOO_LONG, -23, 1, "the text is longer than 32 KiB",                              \
      "send it in parts, or as a file when files are there")                           \
    X(BAD_TEXT, -24, 1, "the text is not valid UTF-8", "check the encoding")           \
    X(UNKNOWN_METHOD, -25, 2, "there is no such method", "call rpc.discover")          \
    X(BAD_PARAMS, -26, 2, "the parameters do not fit the method", "call rpc.discover") \
    X(BAD_REQUEST, -27, 2, "this is not a JSON-RPC 2.0 request",                       \
      "send one JSON object per line, at most 1 MiB")                                  \
    X(NO_CONTACT, -28, 1, "there is no contact of that name", "see: veche contacts")   \
    X(AMBIGUOUS, -29, 2, "more than one contact fits", "write more of the name or id") \
    X(NO_INVITE, -30, 1, "there is no such invite", "see: veche invite --list")        \
    X(INVITE_BAD, -31, 2, "this is not a veche invite",                                \
      "copy the whole string, from VECHE: to its end")                                 \
    X(INVITE_EXPIRED, -32, 7, "the invite has expired", "ask for a new one")           \
    X(INVITE_USED, -33, 7, "the invite was used by somebody else",                     \
      "ask for a new one, and tell them: somebody else has had it")                    \
    X(INVITE_OWN, -34, 2, "this invite is your own", "send it to the other person")    \
    X(INVITE_CHECKSUM, -35, 2, "the invite has a mistyped character",                  \
      "copy it again, or compare it letter by letter")                                 \
    X(BLOCKED, -36, 7, "this contact is blocked", "veche contacts unblock NAME")       \
    X(BAD_NAME, -37, 2, "this name cannot be used",                                    \
      "use 1 to 64 bytes of printable text without control characters")                \
    X(NO_NETWORK, -38, 5, "this node has no address that others could reach",          \
      "check the network, or give one with --listen")                                  \
    X(BUSY, -39, 1, "too much is waiting already", "wait until some of it is delivered") \
    X(SELFTEST, -40, 1, "the cryptographic self-test failed: veched does not start",   \
      "upgrade libsodium: Debian 12 needs 1.0.18-1+deb12u1 or later")                  \
    X(ABANDONED, -41, 1, "it was given up", "send it again if it still matters")       \
    X(REMOVED, -42, 1, "the contact was removed", "invite them again")                 \
    X(GAP, -43, 1, "older events are gone", "read the present state and go on from there") \
    X(TOKEN_REUSED, -44, 2, "this token was used for another message",                 \
      "make a new random token for each message")                                      \
    X(INTERNAL, -45, 1, "veche made a mistake", "please report it with: veche bugreport")  \
    X(AWAY, -46, 5, "the other side has stopped",                                      \
      "what you write waits, and is sent when it is back")                             \
    X(WRONG_PASSPHRASE, -47, 8, "the passphrase is wrong",                             \
      "try again; nobody can read the store without it")                               \
    X(LOCKED, -48, 8, "the store is locked with a passphrase",                         \
      "run: veche up, which asks for it")                                              \
    X(STORE_KEY, -49, 1, "the store's keys are missing, or are those of another store", \
      "put the files key and epoch back from the copy that store.mdb is from") \
    X(NO_ROOT, -50, 1, "the root of the account is not on this device",                \
      "give the 24 words that you wrote down")                                         \
    X(WORDS_WRONG, -51, 1, "these are not the right words",                            \
      "compare them with your paper, word by word and in their order")                 \
    X(VERIFY_MISMATCH, -52, 7, "THIS CODE DOES NOT BELONG TO THE TWO OF YOU",          \
      "somebody may stand in between: believe nothing that is written there until you "\
      "have compared the digits face to face")

typedef enum vc_err {
#define VC_ERR_ENUM(name, code, exit_code, words, hint) VC_ERR_##name = (code),
    VC_ERRORS(VC_ERR_ENUM)
#undef VC_ERR_ENUM
} vc_err;

/* What is not an error. */
#define VC_OK VC_ERR_OK

/* The smallest code there is; codes run from it to 0 without a hole. */
#define VC_ERR_LAST VC_ERR_VERIFY_MISMATCH

/* The stable name, in lower case with underscores: "not_found".  "internal" for a
 * number that is no code. */
const char *vc_err_name(vc_err err);

/* What a person reads, without a full stop. */
const char *vc_err_words(vc_err err);

/* What to do about it; empty only for VC_OK. */
const char *vc_err_hint(vc_err err);

/* The exit code of the command line (product: 0 ok, 1 failed, 2 usage, 4 no daemon ...). */
int vc_err_exit_code(vc_err err);

/* Finds the error that has this stable name; VC_ERR_INTERNAL when none has. */
vc_err vc_err_from_name(const char *name);

#endif
