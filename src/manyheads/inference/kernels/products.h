/* Rows times a matrix whose numbers lie as the processor reads them, in float32, bfloat16 or int8.
 *
 * All three are one calculation over 32 bits at a time: one float32, two bfloat16 or four int8 of a row are
 * multiplied by as many of each column, and added up. A tile of columns is held against a few rows at once, whose
 * sums stay in registers. Rows that are read at a power of two from each other would all fall into the same
 * places of the nearest memory: `row_stride` keeps them apart.
 */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "vectors.h"

enum { FLOAT32 = 0, BFLOAT16 = 1, INT8 = 2 };
enum { RELU = 1, GELU = 2, GELU_TANH = 3, SILU = 4, TANH = 5 };

/* Rows at once: 2 sums each, two vectors of columns and one number of a row fill the registers. */
#if defined(__AVX512F__)
enum { BLOCK = 12 };
#else
enum { BLOCK = 6 };
#endif

/* Bytes of rows that stay near while tiles of columns pass by. */
enum { NEAR_BYTES = 400 * 1024 };

typedef struct {
    const int32_t *weight; /* [tiles][groups][TILE]; a group is what 32 bits hold */
    const float *bias;     /* [tiles * TILE] */
    const float *scales;   /* int8: of each output, [tiles * TILE] */
    const int32_t *sums;   /* int8: of each output's weights, [tiles * TILE] */
    int64_t inputs, outputs, type;
} Map;

/* How a row became bytes: what 1 and what 0 stand for. One number may stand beside them, whole: a row's largest,
 * where it is so much larger than the others that these would be left with few steps. */
typedef struct {
    float scale, zero, apart;
    int32_t place; /* of the number that stands apart; -1 where none does */
} Scaled;

typedef struct {
    const int32_t *numbers;
    const Scaled *scaled; /* int8: of each row */
    int64_t count, stride; /* rows; from one to the next, in 32 bits */
} Rows;

/* What becomes of the products of some rows with a tile of columns: numbers[row][TILE]. */
typedef struct Sink Sink;
struct Sink {
    void (*take)(const Sink *sink, int64_t first_row, int rows, int64_t tile, const float *numbers);
};

INLINE int64_t row_stride(int64_t width) { return rounded_up(width, 16) + 16; }

INLINE int64_t groups_of(int64_t inputs, int64_t type) { return inputs >> type; }

/* The products of 32 bits of a row, the same in each lane, with 32 bits of each column. */
INLINE Vector dot_float32(Vector sum, Integers row, Integers columns) {
    return sum + (Vector)row * (Vector)columns;
}

#if defined(__AVX512BF16__)
INLINE Vector dot_bfloat16(Vector sum, Integers row, Integers columns) {
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)row, (__m512bh)columns);
}
#else
INLINE Vector dot_bfloat16(Vector sum, Integers row, Integers columns) {
    const Integers high = all_integers((int32_t)0xffff0000);
    sum += (Vector)(row << 16) * (Vector)(columns << 16);
    return sum + (Vector)(row & high) * (Vector)(columns & high);
}
#endif

/* Bytes of a row lie from -ROW_STEPS to that. Instructions take a row's without sign: there OFFSET is added to each,
 * and what that is too much is taken away from the sums beforehand. Where none multiplies and adds up four at once,
 * two products must fit 16 bits: 200 times two weights of the same sign, neighbours in a group, which may be
 * PAIR_STEPS together, or 1 more when both are rounded up. */
#if defined(__AVX512VNNI__)
enum { ROW_STEPS = 127, OFFSET = 128, PAIR_STEPS = 254 };
INLINE Integers dot_int8(Integers sum, Integers row, Integers columns) {
    return (Integers)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)row, (__m512i)columns);
}
#elif defined(__AVXVNNI__) && !defined(__AVX512F__)
enum { ROW_STEPS = 127, OFFSET = 128, PAIR_STEPS = 254 };
INLINE Integers dot_int8(Integers sum, Integers row, Integers columns) {
    return (Integers)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)row, (__m256i)columns);
}
#elif defined(__AVX512BW__)
enum { ROW_STEPS = 100, OFFSET = 100, PAIR_STEPS = 162 };
INLINE Integers dot_int8(Integers sum, Integers row, Integers columns) {
    const __m512i pairs = _mm512_maddubs_epi16((__m512i)row, (__m512i)columns);
    return sum + (Integers)_mm512_madd_epi16(pairs, _mm512_set1_epi16(1));
}
#elif defined(__AVX2__) && !defined(__AVX512F__)
enum { ROW_STEPS = 100, OFFSET = 100, PAIR_STEPS = 162 };
INLINE Integers dot_int8(Integers sum, Integers row, Integers columns) {
    const __m256i pairs = _mm256_maddubs_epi16((__m256i)row, (__m256i)columns);
    return sum + (Integers)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}
#else
enum { ROW_STEPS = 127, OFFSET = 0, PAIR_STEPS = 254 };
INLINE Integers dot_int8(Integers sum, Integers row, Integers columns) {
    for (int left = 24; left >= 0; left -= 8) sum += (row << left >> 24) * (columns << left >> 24);
    return sum;
}
#endif

#define SUM_UP(DOT) \
    for (int64_t group = 0; group < groups; group++, weight += TILE) { \
        Integers first, second; \
        memcpy(&first, weight, sizeof first); \
        memcpy(&second, weight + LANES, sizeof second); \
        for (int r = 0; r < rows; r++) { \
            const Integers number = all_integers(row[r * stride + group]); \
            sums[r][0] = DOT(sums[r][0], number, first); \
            sums[r][1] = DOT(sums[r][1], number, second); \
        } \
    }

/* Some rows and one tile; `rows` is a constant in each call, so that sums are registers. */
INLINE void multiply_floats(const int rows, const int bfloat16, const int32_t *row, int64_t stride,
                            const int32_t *weight, int64_t groups, float *out) {
    Vector sums[BLOCK][2];
    for (int r = 0; r < rows; r++) sums[r][0] = sums[r][1] = all(0);
    if (bfloat16) {
        SUM_UP(dot_bfloat16)
    } else {
        SUM_UP(dot_float32)
    }
    for (int r = 0; r < rows; r++, out += TILE) {
        store(out, sums[r][0]);
        store(out + LANES, sums[r][1]);
    }
}

INLINE void multiply_bytes(const int rows, const int32_t *row, int64_t stride, const int32_t *weight,
                           int64_t groups, const int32_t *column_sums, float *out) {
    Integers sums[BLOCK][2];
    for (int part = 0; part < 2; part++) {
        Integers column;
        memcpy(&column, column_sums + part * LANES, sizeof column);
        for (int r = 0; r < rows; r++) sums[r][part] = column * all_integers(-OFFSET);
    }
    SUM_UP(dot_int8)
    for (int r = 0; r < rows; r++, out += TILE) {
        store(out, __builtin_convertvector(sums[r][0], Vector));
        store(out + LANES, __builtin_convertvector(sums[r][1], Vector));
    }
}

#if defined(__AVX512F__)
#define EACH_COUNT(CASE) \
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
#else
#define EACH_COUNT(CASE) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#endif

static void multiply_float32(int rows, const int32_t *row, int64_t stride, const int32_t *weight,
                             int64_t groups, float *out) {
#define CASE(count) case count: multiply_floats(count, 0, row, stride, weight, groups, out); break;
    switch (rows) { EACH_COUNT(CASE) }
#undef CASE
}

static void multiply_bfloat16(int rows, const int32_t *row, int64_t stride, const int32_t *weight,
                              int64_t groups, float *out) {
#define CASE(count) case count: multiply_floats(count, 1, row, stride, weight, groups, out); break;
    switch (rows) { EACH_COUNT(CASE) }
#undef CASE
}

static void multiply_int8(int rows, const int32_t *row, int64_t stride, const int32_t *weight,
                          int64_t groups, const int32_t *sums, float *out) {
#define CASE(count) case count: multiply_bytes(count, row, stride, weight, groups, sums, out); break;
    switch (rows) { EACH_COUNT(CASE) }
#undef CASE
}

/* One of the four bytes of each column. */
INLINE Vector byte_of(const int32_t *at, int byte) {
    Integers four;
    memcpy(&four, at, sizeof four);
    return __builtin_convertvector(four << (24 - 8 * byte) >> 24, Vector);
}

/* Some rows and one tile of a map, with its scales and its bias. */
static void multiply(const Map *map, const Rows *x, int64_t first, int rows, int64_t tile, float *out) {
    const int64_t groups = groups_of(map->inputs, map->type);
    const int32_t *row = x->numbers + first * x->stride, *weight = map->weight + tile * groups * TILE;
    const float *bias = map->bias + tile * TILE;
    const Vector low = load(bias), high = load(bias + LANES);
    if (map->type == INT8) {
        const float *scales = map->scales + tile * TILE;
        const Vector scale_low = load(scales), scale_high = load(scales + LANES);
        const int32_t *sums = map->sums + tile * TILE;
        /* What a row gives in which every number is 1. */
        const Vector ones_low = load_integers(sums) * scale_low, ones_high = load_integers(sums + LANES) * scale_high;
        multiply_int8(rows, row, x->stride, weight, groups, sums, out);
        for (int r = 0; r < rows; r++, out += TILE) {
            const Scaled *how = x->scaled + first + r;
            const Vector scale = all(how->scale), zero = all(how->zero);
            Vector found_low = load(out) * (scale * scale_low) + (zero * ones_low + low);
            Vector found_high = load(out + LANES) * (scale * scale_high) + (zero * ones_high + high);
            if (how->place >= 0) {
                const int32_t *at = weight + how->place / 4 * TILE;
                found_low += all(how->apart) * scale_low * byte_of(at, how->place % 4);
                found_high += all(how->apart) * scale_high * byte_of(at + LANES, how->place % 4);
            }
            store(out, found_low);
            store(out + LANES, found_high);
        }
        return;
    }
    if (map->type == BFLOAT16) multiply_bfloat16(rows, row, x->stride, weight, groups, out);
    else multiply_float32(rows, row, x->stride, weight, groups, out);
    for (int r = 0; r < rows; r++, out += TILE) {
        store(out, load(out) + low);
        store(out + LANES, load(out + LANES) + high);
    }
}

/* All rows times a map; called by all threads, who share the work and leave together. */
static void product(const Map *map, const Rows *x, const Sink *sink) {
    const int64_t tiles = divided_up(map->outputs, TILE);
    const int64_t near = larger(1, NEAR_BYTES / (4 * x->stride) / BLOCK) * BLOCK;
    const int64_t chunks = divided_up(x->count, near);
#pragma omp for collapse(2) schedule(static)
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        for (int64_t tile = 0; tile < tiles; tile++) {
            _Alignas(64) float numbers[BLOCK * TILE];
            const int64_t end = smaller(x->count, (chunk + 1) * near);
            for (int64_t first = chunk * near; first < end; first += BLOCK) {
                const int rows = (int)smaller(BLOCK, end - first);
                multiply(map, x, first, rows, tile, numbers);
                sink->take(sink, first, rows, tile, numbers);
            }
        }
    }
}

/* The nearest bfloat16, in the lower half. */
INLINE Unsigned rounded(Vector v) {
    const Unsigned bits = (Unsigned)v;
    return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

static void write_bfloat16(const float *from, int64_t width, uint16_t *to) {
    typedef uint16_t Halves __attribute__((vector_size(2 * LANES)));
    for (int64_t i = 0; i < width; i += LANES) {
        const Halves halves = __builtin_convertvector(rounded(load(from + i)), Halves);
        memcpy(to + i, &halves, sizeof halves);
    }
}

/* The lowest byte of each. */
INLINE void store_bytes(int8_t *at, Integers v) {
#if defined(__AVX2__) && !defined(__AVX512F__)
    /* GCC would take lane after lane out of the vector. */
    const __m256i lowest = _mm256_set1_epi32(0x0c080400);
    const __m256i halves = _mm256_shuffle_epi8((__m256i)v, lowest);
    const __m256i both = _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4));
    _mm_storel_epi64((__m128i *)at, _mm256_castsi256_si128(both));
#else
    typedef int8_t Bytes __attribute__((vector_size(LANES)));
    const Bytes bytes = __builtin_convertvector(v, Bytes);
    memcpy(at, &bytes, sizeof bytes);
#endif
}

/* In each lane the greatest number, and the greatest with all signs turned. */
INLINE void find_range(const float *from, int64_t width, Vector *high, Vector *low) {
    *high = load(from);
    *low = -*high;
    for (int64_t i = LANES; i < width; i += LANES) {
        *high = greater(load(from + i), *high);
        *low = greater(-load(from + i), *low);
    }
}

/* Where a number stands; at the end, where it does not. */
static int64_t find(const float *from, int64_t width, float number) {
    int64_t place = 0;
    while (place < width - LANES && !count_of(load(from + place) == all(number))) place += LANES;
    while (place < width - 1 && from[place] != number) place++;
    return place;
}

/* Set a row's largest number apart, where it is more than this times as large as the next one. */
static const float FAR = 1.2f;

/* What 1 stands for at least; smaller ones have no inverse, and their rows are all middle. */
static const float LEAST_SCALE = 1e-37f;

/* Put 0 in the place of a row's largest number, if that stands apart, and find the range of the others. Says where;
 * -1 where none stands apart. */
static int64_t set_apart(float *from, int64_t width, float most, float *least, float *greatest) {
    const int64_t place = find(from, width, most);
    const float found = from[place];
    Vector high, low;
    from[place] = 0;
    find_range(from, width, &high, &low);
    const float greatest_left = greatest_of(high), least_left = -greatest_of(low);
    if (fabsf(most) > FAR * fmaxf(greatest_left, -least_left)) {
        *greatest = greatest_left;
        *least = least_left;
        return place;
    }
    from[place] = found;
    return -1;
}

/* From the least to the greatest number in steps from -ROW_STEPS to that. The row is as it was afterwards. One with
 * something that is no number gives none. */
static void write_int8(float *from, int64_t width, int8_t *to, Scaled *how) {
    Vector high, low, sum = all(0);
    find_range(from, width, &high, &low);
    float greatest = greatest_of(high), least = -greatest_of(low);
    const float most = greatest > -least ? greatest : least;
    /* Where two lanes hold about as much, nothing stands apart, as in nearly all rows. */
    const int alone = count_of(all(FAR) * greater(high, low) >= all(fabsf(most))) < 2;
    const int64_t place = alone ? set_apart(from, width, most, &least, &greatest) : -1;
    how->zero = 0.5f * greatest + 0.5f * least;
    /* The middle is rounded: one of both may be farther from it. */
    how->scale = fmaxf(greatest - how->zero, how->zero - least) / (float)ROW_STEPS;
    how->apart = place < 0 ? 0 : most;
    how->place = (int32_t)place;
    const Vector factor = all(how->scale > LEAST_SCALE ? 1.0f / how->scale : 0.0f), middle = all(how->zero);
    for (int64_t i = 0; i < width; i += LANES) {
        /* Adding 1.5 * 2^23 leaves the whole number, rounded, in the lowest bits. */
        const Vector shifted = (load(from + i) - middle) * factor + all(12582912.0f + OFFSET);
        store_bytes(to + i, (Integers)shifted);
        sum += shifted;
    }
    if (place >= 0) from[place] = most;
    if (isnan(sum_of(sum))) how->zero = NAN;
}

/* Rows of float32 as a map of some type takes them; float32 stays where it is. Called by all threads. */
static Rows in_type(int64_t type, float *from, int64_t stride, int64_t count, int64_t width, int32_t *room,
                    Scaled *scaled) {
    if (type == FLOAT32) return (Rows){(const int32_t *)from, 0, count, stride};
    const int64_t narrow = row_stride(groups_of(width, type));
#pragma omp for schedule(static)
    for (int64_t r = 0; r < count; r++) {
        int32_t *to = room + r * narrow;
        if (type == BFLOAT16) write_bfloat16(from + r * stride, width, (uint16_t *)to);
        else write_int8(from + r * stride, width, (int8_t *)to, scaled + r);
    }
    return (Rows){room, scaled, count, narrow};
}

/* A few rows in float32 or bfloat16, for one thread. */
static Rows a_few_in_type(int64_t type, const float *from, int64_t stride, int count, int64_t width, int32_t *room,
                          int64_t room_stride) {
    if (type == FLOAT32) return (Rows){(const int32_t *)from, 0, count, stride};
    for (int r = 0; r < count; r++)
        write_bfloat16(from + r * stride, width, (uint16_t *)(room + r * room_stride));
    return (Rows){room, 0, count, room_stride};
}

/* A sink that writes rows, perhaps bent, perhaps on top of what is there. */
typedef struct {
    Sink sink;
    float *out;
    int64_t stride, width; /* from row to row; columns that are wanted */
    int64_t bend;
    int added; /* whether to add to what is there */
} Written;

INLINE Vector bend_vector(int64_t bend, Vector x) {
    switch (bend) {
    case RELU: return greater(all(0), x);
    case GELU: return gelu(x);
    case GELU_TANH: {
        const Vector inner = all(0.79788456080286536f) * (x + all(0.044715f) * x * x * x);
        return x * logistic(inner + inner);
    }
    case SILU: return x * logistic(x);
    case TANH: return hyperbolic_tangent(x);
    default: return x;
    }
}

static void take_written(const Sink *sink, int64_t first_row, int rows, int64_t tile, const float *numbers) {
    const Written *written = (const Written *)sink;
    const int64_t wanted = smaller(TILE, written->width - tile * TILE);
    float *out = written->out + first_row * written->stride + tile * TILE;
    for (int r = 0; r < rows; r++, numbers += TILE, out += written->stride) {
        int64_t i = 0;
        for (; i + LANES <= wanted; i += LANES) {
            const Vector found = bend_vector(written->bend, load(numbers + i));
            store(out + i, written->added ? load(out + i) + found : found);
        }
        if (i == wanted) continue;
        float rest[LANES];
        store(rest, bend_vector(written->bend, load(numbers + i)));
        for (int64_t j = 0; i + j < wanted; j++) out[i + j] = written->added ? out[i + j] + rest[j] : rest[j];
    }
}

static void write_product(const Map *map, const Rows *x, float *out, int64_t stride, int64_t bend, int added) {
    const Written written = {{take_written}, out, stride, map->outputs, bend, added};
    product(map, x, &written.sink);
}

#endif
