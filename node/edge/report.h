/*
 * Figures of the node: what status shows, and the redacted text of a bug report.
 */
#ifndef VC_NODE_EDGE_REPORT_H
#define VC_NODE_EDGE_REPORT_H

#include <jansson.h>

#include "crypto/base/err.h"

struct vc_daemon;

#ifndef VC_VERSION
#define VC_VERSION "0.0.0"
#endif

/* Fills the results of node.status. */
VC_NODISCARD vc_err vc_report_status(struct vc_daemon *daemon, json_t *result);

/* Text without names, messages, keys or addresses; NULL: no memory.  The caller frees. */
char *vc_report_text(struct vc_daemon *daemon);

#endif
