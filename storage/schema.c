/* SCHEMA.md, "Versions". */
#include "storage/schema.h"

#include "crypto/base/cursor.h"

static const uint8_t version_key[] = VC_SCHEMA_KEY;

/* Its value says nothing: that it can be opened does. */
static const uint8_t key_key[] = {'k', 'e', 'y'};

/* Version 2 is the first whose rows are sealed: there is nothing to come from. */
const struct vc_schema vc_schema_now = {.version = VC_SCHEMA_VERSION};

void vc_schema_encode(uint32_t version, uint8_t ret_row[VC_SCHEMA_ROW_BYTES])
{
    struct vc_writer w = vc_writer(ret_row, VC_SCHEMA_ROW_BYTES);

    vc_write_u32(&w, version);
    VC_CHECK(vc_writer_end(&w) == VC_OK);
}

vc_err vc_schema_decode(struct vc_bytes row, uint32_t *ret_version)
{
    struct vc_reader r = vc_reader(row);
    uint32_t version = vc_read_u32(&r);

    if (version == 0) {
        vc_reader_fail(&r);
    }
    if (vc_reader_end(&r) != VC_OK) {
        return VC_ERR_MALFORMED;
    }
    *ret_version = version;
    return VC_OK;
}

static vc_err read_version(struct vc_schema_tx *tx, uint32_t *ret_version)
{
    struct vc_bytes row;
    vc_err err = tx->calls->get(tx, VC_TABLE_META, VC_BYTES(version_key), &row);

    if (err == VC_ERR_NOT_FOUND) {
        return VC_ERR_STORE_DAMAGED;
    }
    if (err != VC_OK) {
        return err;
    }
    return vc_schema_decode(row, ret_version) == VC_OK ? VC_OK : VC_ERR_STORE_DAMAGED;
}

static vc_err write_version(struct vc_schema_tx *tx, uint32_t version)
{
    uint8_t row[VC_SCHEMA_ROW_BYTES];

    vc_schema_encode(version, row);
    return tx->calls->put(tx, VC_TABLE_META, VC_BYTES(version_key), VC_BYTES(row));
}

vc_err vc_schema_look(struct vc_schema_tx *tx, const struct vc_schema *schema,
                      bool *ret_is_old)
{
    uint32_t version;
    vc_err err = read_version(tx, &version);

    if (err != VC_OK) {
        return err;
    }
    if (version > schema->version) {
        return VC_ERR_STORE_NEWER;
    }
    if (version <= VC_SCHEMA_PLAIN) {
        return VC_ERR_UNSUPPORTED;
    }
    *ret_is_old = version < schema->version;
    return VC_OK;
}

vc_err vc_schema_begin(struct vc_schema_tx *tx, const struct vc_schema *schema)
{
    vc_err err = write_version(tx, schema->version);

    return err != VC_OK ? err
                        : tx->calls->put(tx, VC_TABLE_META, VC_BYTES(key_key),
                                         (struct vc_bytes){0});
}

vc_err vc_schema_look_at_key(struct vc_schema_tx *tx)
{
    struct vc_bytes value;
    vc_err err = tx->calls->get(tx, VC_TABLE_META, VC_BYTES(key_key), &value);

    return err == VC_ERR_STORE_DAMAGED ? VC_ERR_STORE_KEY
           : err == VC_ERR_NOT_FOUND   ? VC_ERR_STORE_DAMAGED
                                       : err;
}

vc_err vc_schema_upgrade(struct vc_schema_tx *tx, const struct vc_schema *schema)
{
    uint32_t version;
    vc_err err = read_version(tx, &version);

    for (size_t i = 0; i < schema->migration_count && err == VC_OK; i++) {
        const struct vc_migration *step = &schema->migrations[i];

        if (step->from == version && version < schema->version) {
            err = step->run(tx);
            version++;
        }
    }
    if (err != VC_OK) {
        return err;
    }
    VC_CHECK(version == schema->version);
    return write_version(tx, version);
}
