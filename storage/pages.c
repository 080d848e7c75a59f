/* SCHEMA.md, "The file".  The form is that of LMDB 0.9; integers are those of the machine. */
#include "storage/pages.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base/cursor.h"
#include "storage/rows.h"
#include "storage/tables.h"

/* A page's kind is one of these alone; LMDB has further flags, but only in memory. */
#define PAGE_BRANCH   0x01
#define PAGE_LEAF     0x02
#define PAGE_OVERFLOW 0x04

#define NODE_BIG_DATA 0x01 /* the data are on pages of their own */
#define NODE_TREE     0x02 /* the data are the record of a database */

/* Number, padding, kind, and the bounds of what is free, or the pages of a large value. */
#define PAGE_HEADER_BYTES (sizeof(size_t) + 8)
#define NODE_HEADER_BYTES 8

enum tree_kind { TREE_FREE_PAGES, TREE_TABLES, TREE_ROWS };

struct page {
    struct vc_bytes bytes;
    unsigned kind;
    size_t lower; /* where the list of nodes ends */
    size_t upper; /* where the first node begins */
};

struct node {
    uint32_t low; /* of a leaf: bytes of the data; of a branch: low half of the page */
    uint16_t flags;
    struct vc_bytes key;
    struct vc_bytes data; /* what stands behind the key in this page */
};

/* The keys that may stand in a part of a tree: from @from to before @to, when there are. */
struct range {
    struct vc_bytes from;
    struct vc_bytes to;
};

struct tree {
    struct vc_pages_walk *walk;
    uint8_t *used; /* a bit a page */
    enum tree_kind kind;
    enum vc_table table; /* of TREE_ROWS */
    size_t entries;      /* seen so far */
    bool has_last_key;
    struct vc_bytes last_key;
};

static vc_err damaged(struct vc_pages_walk *walk, const char *words)
{
    walk->words = words;
    return VC_ERR_STORE_DAMAGED;
}

static uint16_t u16_at(struct vc_bytes bytes, size_t at)
{
    struct vc_reader r = vc_reader(bytes);
    uint16_t number;

    (void)vc_read_bytes(&r, at);
    vc_read_copy(&r, &number, sizeof number);
    return number;
}

static uint32_t u32_at(struct vc_bytes bytes, size_t at)
{
    struct vc_reader r = vc_reader(bytes);
    uint32_t number;

    (void)vc_read_bytes(&r, at);
    vc_read_copy(&r, &number, sizeof number);
    return number;
}

static size_t word_at(struct vc_bytes bytes, size_t at)
{
    struct vc_reader r = vc_reader(bytes);
    size_t word;

    (void)vc_read_bytes(&r, at);
    vc_read_copy(&r, &word, sizeof word);
    return word;
}

static bool take_bit(uint8_t *bits, size_t number)
{
    uint8_t mask = (uint8_t)(1u << (number % 8));

    if ((bits[number / 8] & mask) != 0) {
        return false;
    }
    bits[number / 8] = (uint8_t)(bits[number / 8] | mask);
    return true;
}

/* Marks @count pages as used; false when one is none of the file's, or was used before. */
static bool take_pages(const struct tree *tree, size_t first, size_t count)
{
    const struct vc_image *image = &tree->walk->image;

    if (first < 2 || first > image->last_page || count > image->last_page - first + 1 ||
        first + count > tree->walk->file.len / image->page_bytes) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!take_bit(tree->used, first + i)) {
            return false;
        }
    }
    return true;
}

static vc_err read_page(const struct tree *tree, size_t number, struct page *ret_page)
{
    size_t page_bytes = tree->walk->image.page_bytes;

    if (!take_pages(tree, number, 1)) {
        return damaged(tree->walk, "a page is missing or used twice");
    }
    ret_page->bytes.data = tree->walk->file.data + number * page_bytes;
    ret_page->bytes.len = page_bytes;
    ret_page->kind = u16_at(ret_page->bytes, sizeof(size_t) + 2);
    ret_page->lower = u16_at(ret_page->bytes, sizeof(size_t) + 4);
    ret_page->upper = u16_at(ret_page->bytes, sizeof(size_t) + 6);
    return word_at(ret_page->bytes, 0) == number
               ? VC_OK
               : damaged(tree->walk, "a page is at a wrong place");
}

static size_t node_count(const struct page *page)
{
    return (page->lower - PAGE_HEADER_BYTES) / 2;
}

static bool has_sane_bounds(const struct page *page)
{
    return page->lower > PAGE_HEADER_BYTES && page->lower % 2 == 0 &&
           page->lower <= page->upper && page->upper <= page->bytes.len;
}

static bool read_node(const struct page *page, size_t number, struct node *ret_node)
{
    size_t at = u16_at(page->bytes, PAGE_HEADER_BYTES + 2 * number);
    size_t key_len;
    struct vc_reader r;

    if (at < page->upper || at + NODE_HEADER_BYTES > page->bytes.len) {
        return false;
    }
    r = vc_reader((struct vc_bytes){page->bytes.data + at, page->bytes.len - at});
    ret_node->low = u32_at(vc_read_bytes(&r, 4), 0);
    ret_node->flags = u16_at(vc_read_bytes(&r, 2), 0);
    key_len = u16_at(vc_read_bytes(&r, 2), 0);
    ret_node->key = vc_read_bytes(&r, key_len);
    ret_node->data = vc_read_rest(&r);
    return vc_reader_end(&r) == VC_OK;
}

static int compare_keys(const struct tree *tree, struct vc_bytes a, struct vc_bytes b)
{
    if (tree->kind == TREE_FREE_PAGES) {
        return (word_at(a, 0) > word_at(b, 0)) - (word_at(a, 0) < word_at(b, 0));
    }
    return vc_key_compare(a, b);
}

static bool is_in_range(const struct tree *tree, const struct range *range,
                        struct vc_bytes key)
{
    return (range->from.data == NULL || compare_keys(tree, range->from, key) <= 0) &&
           (range->to.data == NULL || compare_keys(tree, key, range->to) < 0);
}

/* The data of a leaf's node, which may stand on pages of their own. */
static vc_err read_data(const struct tree *tree, const struct node *node,
                        struct vc_bytes *ret_data)
{
    size_t page_bytes = tree->walk->image.page_bytes;
    size_t needed = (PAGE_HEADER_BYTES - 1 + (size_t)node->low) / page_bytes + 1;
    struct page page;
    size_t pages;
    vc_err err;

    if ((node->flags & NODE_BIG_DATA) == 0) {
        *ret_data = (struct vc_bytes){node->data.data, node->low};
        return node->low <= node->data.len
                   ? VC_OK
                   : damaged(tree->walk, "a row is longer than its page");
    }
    if (node->data.len < sizeof(size_t)) {
        return damaged(tree->walk, "a row is longer than its page");
    }
    err = read_page(tree, word_at(node->data, 0), &page);
    if (err != VC_OK) {
        return err;
    }
    pages = u32_at(page.bytes, sizeof(size_t) + 4);
    if (page.kind != PAGE_OVERFLOW || pages < needed ||
        (pages > 1 && !take_pages(tree, word_at(page.bytes, 0) + 1, pages - 1))) {
        return damaged(tree->walk, "a large row has not the pages it needs");
    }
    *ret_data = (struct vc_bytes){page.bytes.data + PAGE_HEADER_BYTES, node->low};
    return VC_OK;
}

static vc_err walk_tree(struct tree *tree, const struct vc_image_tree *record);

/* A record of free pages: their count, then their numbers, the largest first. */
static vc_err look_at_free(const struct tree *tree, struct vc_bytes record)
{
    struct vc_reader r = vc_reader(record);
    size_t count;
    size_t before = SIZE_MAX;

    vc_read_copy(&r, &count, sizeof count);
    if (count > vc_reader_left(&r) / sizeof count) {
        return damaged(tree->walk, "the list of free pages is cut off");
    }
    for (size_t i = 0; i < count; i++) {
        size_t page;

        vc_read_copy(&r, &page, sizeof page);
        if (page >= before || page < 2 || page > tree->walk->image.last_page ||
            !take_bit(tree->used, page)) {
            return damaged(tree->walk, "a page is free and in use");
        }
        before = page;
    }
    return VC_OK;
}

static bool find_table(struct vc_bytes name, enum vc_table *ret_table)
{
    for (unsigned i = 0; i < VC_TABLE_COUNT; i++) {
        const char *known = vc_tables_name(i);

        if (strlen(known) == name.len && memcmp(known, name.data, name.len) == 0) {
            *ret_table = (enum vc_table)i;
            return true;
        }
    }
    return false;
}

static vc_err walk_table(const struct tree *tables, const struct node *node,
                         struct vc_bytes record)
{
    struct tree tree = {.walk = tables->walk, .used = tables->used, .kind = TREE_ROWS};
    struct vc_image_tree image;
    vc_err err;

    if (node->flags != NODE_TREE || record.len != VC_IMAGE_TREE_BYTES ||
        !find_table(node->key, &tree.table)) {
        return damaged(tables->walk, "there is a table that is none of ours");
    }
    image = vc_image_tree(record);
    if (image.flags != 0) {
        return damaged(tables->walk, "a table's record is wrong");
    }
    tables->walk->table = tree.table;
    err = walk_tree(&tree, &image);
    if (err == VC_OK) {
        tables->walk->table = VC_TABLE_COUNT;
    }
    return err;
}

static vc_err walk_leaf(struct tree *tree, const struct page *page,
                        const struct range *range)
{
    unsigned allowed = tree->kind == TREE_TABLES ? NODE_TREE : NODE_BIG_DATA;

    for (size_t i = 0; i < node_count(page); i++) {
        struct node node;
        struct vc_bytes data;
        vc_err err;

        if (!read_node(page, i, &node) || (node.flags & ~allowed) != 0 ||
            (tree->kind == TREE_FREE_PAGES && node.key.len != sizeof(size_t))) {
            return damaged(tree->walk, "a row is none");
        }
        if (!is_in_range(tree, range, node.key) ||
            (tree->has_last_key && compare_keys(tree, tree->last_key, node.key) >= 0)) {
            return damaged(tree->walk, "rows are in a wrong order");
        }
        tree->has_last_key = true;
        tree->last_key = node.key;
        tree->entries++;
        err = read_data(tree, &node, &data);
        if (err == VC_OK) {
            err =
                tree->kind == TREE_FREE_PAGES ? look_at_free(tree, data)
                : tree->kind == TREE_TABLES
                    ? walk_table(tree, &node, data)
                    : tree->walk->on_row(tree->walk->ctx, tree->table, node.key, data);
        }
        if (err != VC_OK) {
            return err;
        }
    }
    return VC_OK;
}

static size_t child_of(const struct node *node)
{
    size_t page = node->low;

    if (sizeof page > 4) {
        page |= (size_t)node->flags << 16 << 16;
    }
    return page;
}

static vc_err walk_page(struct tree *tree, size_t number, unsigned depth,
                        const struct range *range);

static vc_err walk_branch(struct tree *tree, const struct page *page, unsigned depth,
                          const struct range *range)
{
    for (size_t i = 0; i < node_count(page); i++) {
        struct range inner = *range;
        struct node node;
        struct node next;
        vc_err err;

        if (!read_node(page, i, &node) ||
            (i + 1 < node_count(page) && !read_node(page, i + 1, &next))) {
            return damaged(tree->walk, "a branch is none");
        }
        /* The first key of a branch stands for everything before the second. */
        if (i > 0) {
            inner.from = node.key;
        }
        if (i + 1 < node_count(page)) {
            inner.to = next.key;
        }
        if ((i > 0 && !is_in_range(tree, range, node.key)) ||
            (tree->kind == TREE_FREE_PAGES && i > 0 &&
             node.key.len != sizeof(size_t))) {
            return damaged(tree->walk, "branches are in a wrong order");
        }
        err = walk_page(tree, child_of(&node), depth - 1, &inner);
        if (err != VC_OK) {
            return err;
        }
    }
    return VC_OK;
}

/* All leaves of a tree are equally deep; @depth is 1 there. */
static vc_err walk_page(struct tree *tree, size_t number, unsigned depth,
                        const struct range *range)
{
    struct page page;
    vc_err err = read_page(tree, number, &page);

    if (err != VC_OK) {
        return err;
    }
    if (page.kind != (depth == 1 ? PAGE_LEAF : PAGE_BRANCH) ||
        !has_sane_bounds(&page)) {
        return damaged(tree->walk, "a page is not what it should be");
    }
    return depth == 1 ? walk_leaf(tree, &page, range)
                      : walk_branch(tree, &page, depth, range);
}

static vc_err walk_tree(struct tree *tree, const struct vc_image_tree *record)
{
    const struct range all = {{NULL, 0}, {NULL, 0}};
    vc_err err = VC_OK;

    if (record->root != VC_IMAGE_NO_PAGE) {
        if (record->depth == 0 || record->depth > VC_PAGES_DEPTH_MAX) {
            return damaged(tree->walk, "a table's record is wrong");
        }
        err = walk_page(tree, record->root, record->depth, &all);
    }
    if (err == VC_OK && tree->entries != record->entries) {
        return damaged(tree->walk, "rows are missing");
    }
    return err;
}

vc_err vc_pages_walk(struct vc_pages_walk *walk)
{
    struct tree tables = {.walk = walk, .kind = TREE_TABLES};
    struct tree free_pages = {.walk = walk, .kind = TREE_FREE_PAGES};
    uint8_t *used = calloc(1, walk->image.last_page / 8 + 1);
    vc_err err;

    if (used == NULL) {
        return VC_ERR_NO_MEMORY;
    }
    walk->table = VC_TABLE_COUNT;
    walk->words = NULL;
    tables.used = used;
    free_pages.used = used;
    err = walk_tree(&tables, &walk->image.tables);
    if (err == VC_OK) {
        err = walk_tree(&free_pages, &walk->image.free_pages);
    }
    free(used);
    return err;
}
