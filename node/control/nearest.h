/*
 * The nearest of some words to one that was mistyped.
 */
#ifndef VC_NODE_CONTROL_NEAREST_H
#define VC_NODE_CONTROL_NEAREST_H

#include "crypto/base/base.h"

/*
 * Feeds candidates one by one and keeps the nearest: @best starts as NULL and
 * @best_distance as 0.  A word is near when a third of its letters, or two, have to change
 * at most; neighbours that changed places count as one.
 */
void vc_nearest(const char *word, const char *candidate, const char **best,
                size_t *best_distance);

#endif
