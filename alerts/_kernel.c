/* The compiled twin of alerts/layout.py and of Presearcher.candidates: the same answers, several times sooner.
 *
 * A Memo knows the runs of text without white space ("chunks") that it has met, with their folded tokens and where these
 * stand in them; what it does not know it asks of a Python function. News repeats its words, so that an article is laid
 * out by comparing its code points with those of known chunks, and no string is made on the way.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <structmember.h>

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif
#define BATCH 32 /* chunks looked up together */

typedef struct {
    PyObject *token;
    int32_t start, end; /* in the chunk */
} Piece;

/* A chunk and what is known of it, in one piece of memory: to look at it is to wait for memory once. */
typedef struct {
    int32_t length; /* of the chunk, whose code points follow the pieces */
    int32_t kind;   /* bytes of a code point: the fewest that do */
    int32_t count;  /* of the pieces */
    Piece pieces[];
} Known;

typedef struct {
    Py_uhash_t hash;
    Known *known; /* NULL: a free place */
} Entry;

typedef struct {
    PyObject_HEAD
    PyObject *split; /* chunk -> (tokens, spans) */
    PyObject *tokens; /* token -> the same token: equal tokens are one object */
    Entry *entries;
    Py_ssize_t size, used; /* places, a power of two; those taken */
    Py_ssize_t limit;      /* chunks remembered at most */
    Py_ssize_t longest;    /* longer chunks are running text, which does not come again */
} Memo;

typedef struct {
    PyObject_HEAD
    PyObject *tokens; /* list of str */
    PyObject *words;  /* dict: token -> its first position */
    PyObject *firsts; /* list: the position of each paragraph's first token */
    Py_ssize_t title_end;
    Py_ssize_t count, room;
    PyObject **row;         /* the tokens, until their list is made */
    int32_t *starts, *ends; /* of each token: code points in its field */
    int32_t *next;          /* of each token: the next position of the same one, -1 for none */
} Layout;

static PyTypeObject LayoutType;
static PyObject *rows_name, *pairs_name; /* of a bucket's attributes */

/* ------------------------------------------------------------------ layouts */

static Layout *layout_new(void)
{
    Layout *self = PyObject_New(Layout, &LayoutType);
    if (self == NULL)
        return NULL;
    self->title_end = self->count = self->room = 0;
    self->starts = self->ends = self->next = NULL;
    self->row = NULL;
    self->tokens = NULL;
    self->words = PyDict_New();
    self->firsts = PyList_New(0);
    if (self->words == NULL || self->firsts == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

static void layout_dealloc(Layout *self)
{
    for (Py_ssize_t n = 0; self->row != NULL && n < self->count; n++)
        Py_DECREF(self->row[n]);
    PyMem_Free(self->row);
    Py_XDECREF(self->tokens);
    Py_XDECREF(self->words);
    Py_XDECREF(self->firsts);
    PyMem_Free(self->starts);
    PyMem_Free(self->ends);
    PyMem_Free(self->next);
    PyObject_Free(self);
}

static int layout_grow(Layout *self)
{
    Py_ssize_t room = self->room ? 2 * self->room : 1024;
    PyObject **row = PyMem_Resize(self->row, PyObject *, room);
    if (row != NULL)
        self->row = row;
    int32_t **arrays[] = {&self->starts, &self->ends, &self->next};
    for (int n = 0; n < 3 && row != NULL; n++) {
        int32_t *grown = PyMem_Resize(*arrays[n], int32_t, room);
        if (grown == NULL)
            row = NULL;
        else
            *arrays[n] = grown;
    }
    if (row == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->room = room;
    return 0;
}

static int layout_add(Layout *self, PyObject *token, Py_ssize_t start, Py_ssize_t end)
{
    if (end > INT32_MAX || self->count == INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "the text is longer than 2**31 code points");
        return -1;
    }
    if (self->count == self->room && layout_grow(self) < 0)
        return -1;
    self->starts[self->count] = (int32_t)start;
    self->ends[self->count] = (int32_t)end;
    self->row[self->count++] = Py_NewRef(token);
    return 0;
}

/* Make the list of tokens, and note where each stands first and after each place the next one. */
static int layout_index(Layout *self)
{
    int32_t *last = PyMem_New(int32_t, self->count + 1); /* by a token's first place: its last one so far */
    self->tokens = PyList_New(self->count);
    if (last == NULL || self->tokens == NULL) {
        PyMem_Free(last);
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t at = 0; at < self->count; at++)
        PyList_SET_ITEM(self->tokens, at, self->row[at]);
    PyMem_Free(self->row);
    self->row = NULL;
    for (Py_ssize_t at = 0; at < self->count; at++) {
        PyObject *token = PyList_GET_ITEM(self->tokens, at);
        PyObject *known = PyDict_GetItemWithError(self->words, token);
        Py_ssize_t first = at;
        self->next[at] = -1;
        if (known != NULL) {
            first = PyLong_AsSsize_t(known);
            self->next[last[first]] = (int32_t)at;
        } else {
            PyObject *number = PyErr_Occurred() ? NULL : PyLong_FromSsize_t(at);
            int failed = number == NULL || PyDict_SetItem(self->words, token, number) < 0;
            Py_XDECREF(number);
            if (failed) {
                PyMem_Free(last);
                return -1;
            }
        }
        last[first] = (int32_t)at;
    }
    PyMem_Free(last);
    return 0;
}

static PyObject *layout_positions(Layout *self, PyObject *token)
{
    PyObject *first = PyDict_GetItemWithError(self->words, token);
    if (first == NULL)
        return PyErr_Occurred() ? NULL : PyList_New(0);
    PyObject *found = PyList_New(0);
    if (found == NULL)
        return NULL;
    for (Py_ssize_t at = PyLong_AsSsize_t(first); at >= 0; at = self->next[at]) {
        PyObject *number = PyLong_FromSsize_t(at);
        if (number == NULL || PyList_Append(found, number) < 0) {
            Py_XDECREF(number);
            Py_DECREF(found);
            return NULL;
        }
        Py_DECREF(number);
    }
    return found;
}

static PyObject *offset(Layout *self, const int32_t *offsets, PyObject *argument)
{
    Py_ssize_t position = PyLong_AsSsize_t(argument);
    if (position == -1 && PyErr_Occurred())
        return NULL;
    if (position < 0 || position >= self->count) {
        PyErr_SetString(PyExc_IndexError, "there is no token at this position");
        return NULL;
    }
    return PyLong_FromLong(offsets[position]);
}

static PyObject *layout_start(Layout *self, PyObject *position)
{
    return offset(self, self->starts, position);
}

static PyObject *layout_end(Layout *self, PyObject *position)
{
    return offset(self, self->ends, position);
}

static PyMethodDef layout_methods[] = {
    {"positions", (PyCFunction)layout_positions, METH_O, "Where a token stands, ascending."},
    {"start", (PyCFunction)layout_start, METH_O, "The code point at which the token at a position begins in its field."},
    {"end", (PyCFunction)layout_end, METH_O, "The code point at which the token at a position ends in its field."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef layout_members[] = {
    {"tokens", T_OBJECT_EX, offsetof(Layout, tokens), READONLY, "The folded tokens, the title's first."},
    {"words", T_OBJECT_EX, offsetof(Layout, words), READONLY, "The distinct tokens, each with its first position."},
    {"firsts", T_OBJECT_EX, offsetof(Layout, firsts), READONLY, "The position of each paragraph's first token."},
    {"title_end", T_PYSSIZET, offsetof(Layout, title_end), READONLY, "The position of the first token of the body."},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject LayoutType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "alerts._kernel.Layout",
    .tp_basicsize = sizeof(Layout),
    .tp_dealloc = (destructor)layout_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "The tokens of an article, and where they stand.",
    .tp_methods = layout_methods,
    .tp_members = layout_members,
};

/* ------------------------------------------------------------------ the memo of chunks */

static void known_free(Known *known)
{
    if (known == NULL)
        return;
    for (int32_t n = 0; n < known->count; n++)
        Py_XDECREF(known->pieces[n].token);
    PyMem_Free(known);
}

static void memo_clear(Memo *self)
{
    Entry *entries = self->entries;
    Py_ssize_t size = self->size;
    self->entries = NULL;
    self->size = self->used = 0;
    for (Py_ssize_t n = 0; n < size; n++)
        known_free(entries[n].known);
    PyMem_Free(entries);
    if (self->tokens != NULL)
        PyDict_Clear(self->tokens);
}

static void memo_dealloc(Memo *self)
{
    memo_clear(self);
    Py_XDECREF(self->split);
    Py_XDECREF(self->tokens);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int memo_init(Memo *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"split", "limit", "longest", NULL};
    PyObject *split;
    Py_ssize_t limit, longest;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "Onn", names, &split, &limit, &longest))
        return -1;
    memo_clear(self);
    Py_XSETREF(self->split, Py_NewRef(split));
    Py_XSETREF(self->tokens, PyDict_New());
    self->limit = limit;
    self->longest = longest;
    return self->tokens == NULL ? -1 : 0;
}

static Py_ssize_t memo_length(Memo *self)
{
    return self->used;
}

/* Whether a chunk has the same code points as a part of a text, which may be wider. */
static inline int same(const Known *known, int kind, const void *data, Py_ssize_t start)
{
    const void *own = &known->pieces[known->count];
    if (known->kind == kind)
        return memcmp(own, (const char *)data + start * kind, (size_t)known->length * kind) == 0;
    for (Py_ssize_t n = 0; n < known->length; n++)
        if (PyUnicode_READ(known->kind, own, n) != PyUnicode_READ(kind, data, start + n))
            return 0;
    return 1;
}

/* The place of a chunk, text[start:start + length], or the free one where it belongs. */
static inline Entry *memo_place(Memo *self, Py_uhash_t hash, int kind, const void *data, Py_ssize_t start,
                                Py_ssize_t length)
{
    Py_ssize_t mask = self->size - 1, at = (Py_ssize_t)(hash & (Py_uhash_t)mask);
    for (; self->entries[at].known != NULL; at = (at + 1) & mask) {
        Entry *entry = &self->entries[at];
        if (entry->hash == hash && entry->known->length == length && same(entry->known, kind, data, start))
            break;
    }
    return &self->entries[at];
}

static int memo_grow(Memo *self)
{
    Py_ssize_t size = self->size ? 2 * self->size : 4096;
    Entry *entries = PyMem_Calloc(size, sizeof(Entry));
    if (entries == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t n = 0; n < self->size; n++) {
        if (self->entries[n].known != NULL) {
            Py_ssize_t at = (Py_ssize_t)(self->entries[n].hash & (Py_uhash_t)(size - 1));
            while (entries[at].known != NULL)
                at = (at + 1) & (size - 1);
            entries[at] = self->entries[n];
        }
    }
    PyMem_Free(self->entries);
    self->entries = entries;
    self->size = size;
    return 0;
}

/* Take a tuple of two apart as PyArg_ParseTuple does; 0 with an exception where it is none. */
static int parse_pair(PyObject *pair, const char *format, ...)
{
    va_list parts;
    if (!PyTuple_Check(pair)) {
        PyErr_SetString(PyExc_TypeError, "a tuple of two was expected");
        return 0;
    }
    va_start(parts, format);
    int parsed = PyArg_VaParse(pair, format, parts);
    va_end(parts);
    return parsed;
}

/* What `split` says of a chunk; NULL with an exception. */
static Known *memo_ask(Memo *self, PyObject *chunk)
{
    PyObject *said, *spans, *answer = PyObject_CallOneArg(self->split, chunk);
    Known *known = NULL;
    if (answer == NULL)
        return NULL;
    if (!parse_pair(answer, "O!O!", &PyTuple_Type, &said, &PyTuple_Type, &spans))
        goto failed;
    Py_ssize_t count = PyTuple_GET_SIZE(said);
    if (PyTuple_GET_SIZE(spans) != count || count > INT32_MAX || PyUnicode_GET_LENGTH(chunk) > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "split must say one span for each token");
        goto failed;
    }
    size_t characters = (size_t)PyUnicode_GET_LENGTH(chunk) * PyUnicode_KIND(chunk);
    known = PyMem_Calloc(1, sizeof(Known) + (size_t)count * sizeof(Piece) + characters);
    if (known == NULL) {
        PyErr_NoMemory();
        goto failed;
    }
    known->length = (int32_t)PyUnicode_GET_LENGTH(chunk);
    known->kind = PyUnicode_KIND(chunk);
    known->count = (int32_t)count;
    memcpy(&known->pieces[count], PyUnicode_DATA(chunk), characters);
    for (Py_ssize_t n = 0; n < count; n++) {
        Piece *piece = &known->pieces[n];
        PyObject *token = PyDict_SetDefault(self->tokens, PyTuple_GET_ITEM(said, n), PyTuple_GET_ITEM(said, n));
        if (token == NULL)
            goto failed;
        piece->token = Py_NewRef(token);
        PyObject *span = PyTuple_GET_ITEM(spans, n);
        if (!parse_pair(span, "ii", &piece->start, &piece->end))
            goto failed;
    }
    Py_DECREF(answer);
    return known;
failed:
    known_free(known);
    Py_DECREF(answer);
    return NULL;
}

static int layout_add_all(Layout *layout, const Known *known, Py_ssize_t start)
{
    for (int32_t n = 0; n < known->count; n++) {
        const Piece *piece = &known->pieces[n];
        if (layout_add(layout, piece->token, start + piece->start, start + piece->end) < 0)
            return -1;
    }
    return 0;
}

/* Lay out a chunk that is not known, and remember it. Other threads may change the memo while `split` runs. */
static int memo_learn(Memo *self, Layout *layout, PyObject *text, Py_ssize_t start, Py_ssize_t length, Py_uhash_t hash)
{
    PyObject *chunk = PyUnicode_Substring(text, start, start + length);
    if (chunk == NULL)
        return -1;
    Known *known = memo_ask(self, chunk);
    if (known == NULL || layout_add_all(layout, known, start) < 0)
        goto failed;
    if (length <= self->longest) {
        if (self->used >= self->limit)
            memo_clear(self);
        if (2 * (self->used + 1) > self->size && memo_grow(self) < 0)
            goto failed;
        Entry *entry = memo_place(self, hash, PyUnicode_KIND(chunk), PyUnicode_DATA(chunk), 0, length);
        if (entry->known == NULL) {
            *entry = (Entry){hash, known};
            self->used++;
            known = NULL;
        }
    }
    known_free(known);
    Py_DECREF(chunk);
    return 0;
failed:
    known_free(known);
    Py_DECREF(chunk);
    return -1;
}

static inline int is_space(Py_UCS4 c)
{
    if (c > 0x20 && c < 0x1680)
        return c == 0x85 || c == 0xa0;
    return Py_UNICODE_ISSPACE(c);
}

/* Whether a character parts tokens whatever stands beside it. Not all that do: those of ASCII. */
static inline int is_mark(Py_UCS4 c)
{
    return c < 0x80 && !Py_ISALNUM(c);
}

typedef struct {
    Py_ssize_t start, length;
    Py_uhash_t hash;
} Chunk;

/* Find the next chunks of text[*at:end], at most BATCH, less the marks around: a word before a comma is the word. */
static int next_chunks(Chunk *chunks, int kind, const void *data, Py_ssize_t *at, Py_ssize_t end)
{
    int count = 0;
    Py_ssize_t here = *at;
    while (here < end && count < BATCH) {
        Py_UCS4 c = PyUnicode_READ(kind, data, here);
        if (is_space(c) || is_mark(c)) {
            here++;
            continue;
        }
        Chunk chunk = {here, 0, 0};
        Py_uhash_t hash = 0xcbf29ce484222325u;
        for (; here < end && !is_space(c = PyUnicode_READ(kind, data, here)); here++) {
            hash = (hash ^ c) * 0x100000001b3u;
            if (!is_mark(c)) { /* marks at the end go */
                chunk.length = here + 1 - chunk.start;
                chunk.hash = hash ^ (hash >> 29);
            }
        }
        chunks[count++] = chunk;
    }
    *at = here;
    return count;
}

/* Ask for the memory that chunks will be looked up in, all of it at once: waiting for it is what takes the time. */
static void fetch_ahead(const Memo *self, const Chunk *chunks, int count)
{
    if (self->size == 0)
        return;
    Py_uhash_t mask = (Py_uhash_t)self->size - 1;
    for (int n = 0; n < count; n++)
        PREFETCH(&self->entries[chunks[n].hash & mask]);
    for (int n = 0; n < count; n++)
        PREFETCH(self->entries[chunks[n].hash & mask].known);
    for (int n = 0; n < count; n++) {
        const Known *known = self->entries[chunks[n].hash & mask].known;
        if (known != NULL && known->count)
            PREFETCH(known->pieces[0].token);
    }
}

/* Lay out the chunks of text[at:end]. */
static int memo_add(Memo *self, Layout *layout, PyObject *text, Py_ssize_t at, Py_ssize_t end)
{
    Chunk chunks[BATCH];
    int kind = PyUnicode_KIND(text), count;
    const void *data = PyUnicode_DATA(text);
    while ((count = next_chunks(chunks, kind, data, &at, end)) > 0) {
        fetch_ahead(self, chunks, count);
        for (int n = 0; n < count; n++) {
            const Chunk *c = &chunks[n];
            Entry *entry = self->size ? memo_place(self, c->hash, kind, data, c->start, c->length) : NULL;
            if (entry != NULL && entry->known != NULL) {
                if (layout_add_all(layout, entry->known, c->start) < 0)
                    return -1;
            } else if (memo_learn(self, layout, text, c->start, c->length, c->hash) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int memo_add_field(Memo *self, Layout *layout, PyObject *text, PyObject *paragraphs)
{
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(paragraphs); n++) {
        Py_ssize_t start, end;
        PyObject *range = PyList_GET_ITEM(paragraphs, n);
        if (!parse_pair(range, "nn", &start, &end))
            return -1;
        if (start < 0 || end > PyUnicode_GET_LENGTH(text)) {
            PyErr_SetString(PyExc_IndexError, "a paragraph reaches beyond its text");
            return -1;
        }
        PyObject *first = PyLong_FromSsize_t(layout->count);
        if (first == NULL || PyList_Append(layout->firsts, first) < 0) {
            Py_XDECREF(first);
            return -1;
        }
        Py_DECREF(first);
        if (memo_add(self, layout, text, start, end) < 0)
            return -1;
    }
    return 0;
}

static PyObject *memo_lay_out(Memo *self, PyObject *args)
{
    PyObject *title, *title_paragraphs, *body, *body_paragraphs;
    if (!PyArg_ParseTuple(args, "UO!UO!", &title, &PyList_Type, &title_paragraphs, &body, &PyList_Type,
                          &body_paragraphs))
        return NULL;
    if (self->split == NULL) {
        PyErr_SetString(PyExc_TypeError, "the memo was not set up");
        return NULL;
    }
    Layout *layout = layout_new();
    if (layout == NULL)
        return NULL;
    if (memo_add_field(self, layout, title, title_paragraphs) < 0)
        goto failed;
    layout->title_end = layout->count;
    if (memo_add_field(self, layout, body, body_paragraphs) < 0 || layout_index(layout) < 0)
        goto failed;
    return (PyObject *)layout;
failed:
    Py_DECREF(layout);
    return NULL;
}

static PyMethodDef memo_methods[] = {
    {"lay_out", (PyCFunction)memo_lay_out, METH_VARARGS,
     "The layout of a title and a body, each followed by the list of the code point ranges of its paragraphs."},
    {NULL, NULL, 0, NULL},
};

static PySequenceMethods memo_sequence = {.sq_length = (lenfunc)memo_length};

static PyTypeObject MemoType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "alerts._kernel.Memo",
    .tp_basicsize = sizeof(Memo),
    .tp_dealloc = (destructor)memo_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Memo(split, limit, longest): chunks of text that were met, with their tokens and where these stand.",
    .tp_as_sequence = &memo_sequence,
    .tp_methods = memo_methods,
    .tp_init = (initproc)memo_init,
    .tp_new = PyType_GenericNew,
};

/* ------------------------------------------------------------------ candidates */

/* Whether a feature is there: 1, 0, or -1 with an exception. Features are a dict or a set. */
static inline int has(PyObject *features, PyObject *feature)
{
    return PyDict_Check(features) ? PyDict_Contains(features, feature) : PySet_Contains(features, feature);
}

/* Add the items of rows (number, groups, item) of which every group has a feature that is there. */
static int take(PyObject *rows, PyObject *features, PyObject *found)
{
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(rows); n++) {
        PyObject *row = PyList_GET_ITEM(rows, n);
        PyObject *groups = PyTuple_GET_ITEM(row, 1);
        int there = 1;
        for (Py_ssize_t g = 0; there == 1 && g < PyTuple_GET_SIZE(groups); g++) {
            PyObject *group = PyTuple_GET_ITEM(groups, g);
            there = 0;
            for (Py_ssize_t f = 0; there == 0 && f < PyTuple_GET_SIZE(group); f++)
                there = has(features, PyTuple_GET_ITEM(group, f));
        }
        if (there < 0 || (there && PyDict_SetItem(found, PyTuple_GET_ITEM(row, 0), PyTuple_GET_ITEM(row, 2)) < 0))
            return -1;
    }
    return 0;
}

static int take_pairs(PyObject *pairs, PyObject *features, PyObject *found)
{
    PyObject *feature, *filed;
    Py_ssize_t at = 0, count = PyDict_Check(features) ? PyDict_GET_SIZE(features) : PySet_GET_SIZE(features);
    if (PyDict_GET_SIZE(pairs) <= count) {
        while (PyDict_Next(pairs, &at, &feature, &filed)) {
            int there = has(features, feature);
            if (there < 0 || (there && take(filed, features, found) < 0))
                return -1;
        }
        return 0;
    }
    PyObject *iterator = PyObject_GetIter(features);
    if (iterator == NULL)
        return -1;
    while ((feature = PyIter_Next(iterator)) != NULL) {
        filed = PyDict_GetItemWithError(pairs, feature);
        Py_DECREF(feature);
        if (filed != NULL && take(filed, features, found) < 0)
            break;
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : 0;
}

/* A bucket has `rows`, a list or None, and `pairs`, a dict of such lists or None. */
static int take_bucket(PyObject *bucket, PyObject *features, PyObject *found)
{
    int failed = -1;
    PyObject *rows = PyObject_GetAttr(bucket, rows_name), *pairs = PyObject_GetAttr(bucket, pairs_name);
    if (rows != NULL && pairs != NULL)
        failed = (PyList_Check(rows) && take(rows, features, found) < 0) ||
                 (PyDict_Check(pairs) && take_pairs(pairs, features, found) < 0);
    Py_XDECREF(rows);
    Py_XDECREF(pairs);
    return failed ? -1 : 0;
}

static PyObject *candidates(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *buckets, *features, *found;
    if (!PyArg_ParseTuple(args, "O!OO!", &PyDict_Type, &buckets, &features, &PyDict_Type, &found))
        return NULL;
    if (!PyDict_Check(features) && !PyAnySet_Check(features)) {
        PyErr_SetString(PyExc_TypeError, "features must be a dict or a set");
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(features), *feature;
    if (iterator == NULL)
        return NULL;
    while ((feature = PyIter_Next(iterator)) != NULL) {
        PyObject *bucket = PyDict_GetItemWithError(buckets, feature);
        Py_DECREF(feature);
        if (bucket != NULL && take_bucket(bucket, features, found) < 0)
            break;
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* ------------------------------------------------------------------ the module */

static PyMethodDef functions[] = {
    {"candidates", candidates, METH_VARARGS,
     "candidates(buckets, features, found): add the items that an article with these features may satisfy."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "alerts._kernel",
    .m_doc = "The compiled twin of alerts.layout and of the presearcher's innermost loops.",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit__kernel(void)
{
    rows_name = PyUnicode_InternFromString("rows");
    pairs_name = PyUnicode_InternFromString("pairs");
    if (rows_name == NULL || pairs_name == NULL || PyType_Ready(&LayoutType) < 0 || PyType_Ready(&MemoType) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (made == NULL)
        return NULL;
    if (PyModule_AddObjectRef(made, "Memo", (PyObject *)&MemoType) < 0 ||
        PyModule_AddObjectRef(made, "Layout", (PyObject *)&LayoutType) < 0) {
        Py_DECREF(made);
        return NULL;
    }
    return made;
}
