/*
 * The numbers of the link, each with its unit and its reason.
 *
 * What a caller may have to know stands in link.h; what both sides must agree on stands
 * in node/SPEC.md as well.
 */
#ifndef VC_NODE_LINK_LIMITS_H
#define VC_NODE_LINK_LIMITS_H

#include <stdint.h>

/* Sizes */

/* Bytes of plaintext in one packet: what 1,232 bytes leave after the 28 of sealing, as a
 * multiple of the padding step. */
#define VC_LINK_PLAIN_MAX 1200
/* Bytes of the longest datagram that we make of it. */
#define VC_LINK_DATAGRAM_MAX (VC_LINK_PLAIN_MAX + 28)
/* Bytes: a plaintext is padded to a multiple of this, so that lengths say little. */
#define VC_LINK_PAD_STEP 16
/* Steps: a packet without stream data gets up to this many more, at random. */
#define VC_LINK_PAD_EXTRA_MAX 3
/* Bytes: one piece of a stream's buffer. */
#define VC_LINK_CHUNK 1024
/* Pieces that one piece can list, hence the most that a stream's window may span. */
#define VC_LINK_CHUNK_REFS (VC_LINK_CHUNK / 4)
/* Bytes of a stream that may be under way or unread, in each direction: nearly three of
 * the longest objects, and a full pipe of 1.5 MB/s over 120 ms. */
#define VC_LINK_WINDOW (UINT64_C(192) * 1024)
/* The credit of a stream before any WINDOW frame, in bytes: one of the longest objects. */
#define VC_LINK_FIRST_CREDIT (UINT64_C(65) * 1024)
/* Frames in one packet; a full packet of ours has at most 14. */
#define VC_LINK_FRAMES_MAX 16
/* Ranges of packet numbers that are remembered and acknowledged: older gaps are forgotten,
 * and what was in them is sent again. */
#define VC_LINK_RANGES_MAX 32
/* Pieces of streams that one packet may carry. */
#define VC_LINK_SEGMENTS_MAX 8
/* Bytes: a lost piece is not cut to put less than this into a packet. */
#define VC_LINK_SPLIT_MIN 128

/* Shares of the pools */

/* Chunks that stay free for one session at a time, whatever the others hold, so that some
 * object always gets finished: the first credit of both streams, not aligned, and lists. */
#define VC_LINK_CHUNKS_RESERVE 136
/* The smallest chunk pool that can keep that promise and still send. */
#define VC_LINK_CHUNKS_MIN 512
/* One session may hold this part of the chunks for sending, and the same for receiving,
 * but never less than the reserve. */
#define VC_LINK_SESSION_SHARE 4
/* Packets in flight of one session: more than two full windows need. */
#define VC_LINK_FLIGHT_MAX 512
/* The smallest pool of remembered packets. */
#define VC_LINK_PACKETS_MIN 64
/* Sessions that strangers opened with invites and that nobody has adopted yet. */
#define VC_LINK_JOINING_MAX 32
/* Replies to handshakes that wait to be taken out; more are dropped: he asks again. */
#define VC_LINK_REPLIES_BYTES (UINT64_C(64) * 1024)
/* Bytes of the same room for the last words to each session. */
#define VC_LINK_CLOSE_BYTES 96

/* Handshakes (milliseconds) */

#define VC_LINK_ATTEMPT_MS      15000 /* then the peer is unreachable */
#define VC_LINK_RETRANSMIT_MS   500   /* doubled three times: 0.5, 1, 2, 4 s */
#define VC_LINK_RETRANSMITS_MAX 4
/* A silent peer who was found elsewhere answers on the session within this, or has none. */
#define VC_LINK_BESIDE_MS       400
#define VC_LINK_HALF_OPEN_MS    10000 /* a responder waits this long for msg3 */
/* Bytes by which the answer to a join may be longer than its shortest form. */
#define VC_LINK_JOIN_PAD_MAX 16
/* Half-open places taken before a cookie is demanded. */
#define VC_LINK_COOKIE_FROM 128
#define VC_LINK_COOKIE_MS   120000 /* life of the secret behind the cookies */
/* Times that one half-open place answers: an initiator with 16 addresses sends 5 rounds,
 * but a replayed msg1 must not make us a fountain. */
#define VC_LINK_REPLIES_MAX 48
/* Half-open places of one IPv4 address or IPv6 /64 while cookies are demanded. */
#define VC_LINK_HALF_OPEN_PER_PREFIX 16
/* A stranger's session that nobody adopts ends after this. */
#define VC_LINK_JOINING_MS 60000

/* Keys */

#define VC_LINK_REKEY_MS      120000         /* after the first data under a key */
#define VC_LINK_IDLE_KEY_MS   3600000        /* life of a key without data */
#define VC_LINK_REKEY_PACKETS (1ull << 32)   /* the masked counter has 32 bits */
#define VC_LINK_REKEY_OTHER_MS 30000         /* later, the other side tries */
#define VC_LINK_REFUSE_MS     60000          /* after re-key was due: the key is dead */
#define VC_LINK_OLD_KEY_MS    60000          /* packets under the key before are taken */
#define VC_LINK_REKEY_JITTER_MS 4000
#define VC_LINK_REKEY_RETRY_MS 3000          /* after an attempt that failed */

/* Life (milliseconds) */

#define VC_LINK_KEEPALIVE_MS        30000 /* of silence, then the initiator pings */
#define VC_LINK_KEEPALIVE_JITTER_MS 4000
/* Something that wants an answer has had none for so long: TIMEOUT. */
#define VC_LINK_UNANSWERED_MS 20000
/* And for so long, or two probe timeouts: SILENT, so that he is looked for elsewhere in time.
 * Two who have both moved are to talk again within five seconds. */
#define VC_LINK_SILENT_MS 1000
/* A responder waits for about three keepalives. */
#define VC_LINK_SILENCE_MS 100000

/* Recovery (RFC 9002, section 6 and appendix A) */

#define VC_LINK_ACK_DELAY_MS     20
#define VC_LINK_ACK_EVERY        2   /* ack-eliciting packets */
#define VC_LINK_REORDER_PACKETS  3   /* kPacketThreshold */
/* Both are doubled when a packet comes after all that was taken for lost, up to these: then two
 * round trips are waited, which is about when a probe would be sent. */
#define VC_LINK_REORDER_PACKETS_MAX 48
#define VC_LINK_REORDER_EIGHTHS_MAX 8
#define VC_LINK_LOST_REMEMBERED     16 /* packets that were taken for lost */
#define VC_LINK_GRANULARITY_US   1000 /* kGranularity; also the step of our clock */
#define VC_LINK_INITIAL_RTT_US   333000
#define VC_LINK_PERSISTENT_PTOS  3   /* kPersistentCongestionThreshold */
/* The backoff of probes stops here, so that several fit into VC_LINK_UNANSWERED_MS. */
#define VC_LINK_PTO_MAX_MS 4000
#define VC_LINK_PROBES     2 /* packets for each PTO */

#endif
