/*
 * The file of the nodes that the DHT knew, DIR/dht.table, for a node that has no store.
 *
 * It is written beside and put in place, so that whoever reads it finds the last one or the one
 * before.  A lost file costs nothing but the way in: vc_dht_restore() judges what it holds.
 */
#ifndef VC_NODE_EDGE_TABLE_FILE_H
#define VC_NODE_EDGE_TABLE_FILE_H

#include "dht/dht.h"

/* Reads up to VC_DHT_SAVED_MAX bytes.  VC_ERR_NOT_FOUND, VC_ERR_TOO_LONG, VC_ERR_PERMISSION,
 * VC_ERR_IO. */
VC_NODISCARD vc_err vc_table_file_load(const char *dir,
                                       uint8_t ret_bytes[VC_DHT_SAVED_MAX],
                                       size_t *ret_len);

/* VC_ERR_DISK_FULL, VC_ERR_PERMISSION, VC_ERR_IO: the file is as it was. */
VC_NODISCARD vc_err vc_table_file_save(const char *dir, struct vc_bytes bytes);

#endif
