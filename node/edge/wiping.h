/*
 * JSON may hold the 24 words: its memory is wiped when it is given back.
 */
#ifndef VC_NODE_EDGE_WIPING_H
#define VC_NODE_EDGE_WIPING_H

#include <stddef.h>

/* Call once, before there is any JSON.  What jansson gives may still go to free(). */
void vc_wiping_begin(void);

/* A free() that wipes; NULL is fine. */
void vc_wiping_free(void *memory);

/* Moves @len bytes to a new block of @room bytes and wipes the old one.  NULL: memory is
 * short, and all is as it was. */
void *vc_wiping_grow(void *memory, size_t len, size_t room);

#endif
