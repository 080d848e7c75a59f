/*
 * Limits of the edge, with their reasons.
 */
#ifndef VC_NODE_EDGE_LIMITS_H
#define VC_NODE_EDGE_LIMITS_H

#include <stddef.h>

/* Programs on this machine that talk to us at once: a terminal, bots, a web front end. */
#define VC_EDGE_CLIENTS_MAX 64

/* Bytes that wait for a slow reader of events; then he reads on from his place in the
 * store when he has taken these. */
#define VC_EDGE_EVENT_BACKLOG_BYTES ((size_t)256 * 1024)

/* Bytes of replies that wait for a client who does not read; then we read no more of his
 * requests. */
#define VC_EDGE_REPLY_BACKLOG_BYTES ((size_t)1024 * 1024)

/* Events that are turned into lines for one client in one turn: the others wait as well. */
#define VC_EDGE_EVENTS_PER_TURN 256

/* Requests of one client that are carried out in one turn. */
#define VC_EDGE_REQUESTS_PER_TURN 512

/* Replies that wait for their commit. */
#define VC_EDGE_PARKED_MAX 16384

/* Datagrams read from one socket in one turn, and sent with one system call. */
#define VC_EDGE_DATAGRAMS_PER_READ 20
#define VC_EDGE_DATAGRAMS_PER_SEND 32

/* Asked of the kernel for each socket: what comes while a turn runs. */
#define VC_EDGE_SOCKET_BUFFER_BYTES (2 * 1024 * 1024)

/* Lines of the log that are kept for a bug report, and the longest one. */
#define VC_EDGE_LOG_LINES 500
#define VC_EDGE_LOG_LINE_MAX 240

/* A stop waits this long for the last commit. */
#define VC_EDGE_STOP_WAIT_MS 900

/* Changes of the machine's addresses come in bursts. */
#define VC_EDGE_ADDRESS_SETTLE_MS 300

/* So long asleep is not the error of two clocks that are read one after the other. */
#define VC_EDGE_SLEEP_MS 2000

#endif
