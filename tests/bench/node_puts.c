/*
 * Preloaded into a node: counts what it gives to LMDB, and writes that into the file
 * VC_PUTS_FILE when the process ends.
 */
#include <dlfcn.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong puts_made, dels_made, bytes, commits;

static void find(void *ret_function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(ret_function, &found, sizeof found);
}

int mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned int flags)
{
    int (*next)(MDB_txn *, MDB_dbi, MDB_val *, MDB_val *, unsigned int);

    find(&next, "mdb_put");
    puts_made++;
    bytes += key->mv_size + data->mv_size;
    return next(txn, dbi, key, data, flags);
}

int mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data)
{
    int (*next)(MDB_txn *, MDB_dbi, MDB_val *, MDB_val *);

    find(&next, "mdb_del");
    dels_made++;
    return next(txn, dbi, key, data);
}

int mdb_txn_commit(MDB_txn *txn)
{
    int (*next)(MDB_txn *);

    find(&next, "mdb_txn_commit");
    commits++;
    return next(txn);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("VC_PUTS_FILE");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (file != NULL) {
        fprintf(file, "%lu %lu %lu %lu\n", (unsigned long)puts_made, (unsigned long)dels_made,
                (unsigned long)bytes, (unsigned long)commits);
        fclose(file);
    }
}
