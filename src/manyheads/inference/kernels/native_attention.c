/* Attention of tokens at each other in bfloat16, for inference: every key may be looked at.
 *
 * One call does a whole packed batch. A head of a sequence is worked on at a time, and all of it stays in the
 * processor's nearest memory: keys and values laid out in pairs as the bfloat16 product wants them, the scores of
 * a few queries, their softmax, their context. Scores, softmax and sums are in float32; weights are rounded to
 * bfloat16 before they weight values, as PyTorch's products do.
 *
 * Needs AVX-512 with bfloat16; elsewhere it does not compile, and is done without.
 */
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#if !defined(__AVX512F__) || !defined(__AVX512BW__) || !defined(__AVX512BF16__)
#error "this kernel needs AVX-512 with bfloat16"
#endif

enum { LANES = 16, PAIRED = 32, QUERIES = 6, ALIGNED = 64 };

typedef struct {
    const uint16_t *query, *key, *value; /* first token, first head */
    uint16_t *context;
    int64_t stride, context_stride; /* from token to token, in numbers */
    int64_t head_dim;
    float scale;
} Heads;

static inline int64_t tiles_of(int64_t length) { return (length + LANES - 1) / LANES; }

/* exp(x) for x <= 0, within 3e-6 of its size: 2 to the whole part, times a polynomial of the rest. */
static inline __m512 exp_below_one(__m512 x) {
    const __m512 x2 = _mm512_mul_ps(x, _mm512_set1_ps(1.44269504088896341f));
    const __m512 whole = _mm512_roundscale_ps(x2, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512 rest = _mm512_sub_ps(x2, whole);
    __m512 y = _mm512_set1_ps(1.3333558146428443e-3f);
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(9.618129107628477e-3f));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(5.550410866482158e-2f));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(2.402265069591007e-1f));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(6.931471805599453e-1f));
    y = _mm512_fmadd_ps(y, rest, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(y, whole);
}

/* 16 x 16 numbers of 32 bits, turned: rows[i][j] -> rows[j][i]. */
static inline void turn(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
        r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
    }
}

/* Keys as [tiles of 16 keys][pairs of dimensions][16 keys][2]; keys past the end are zeros. */
static void lay_out_keys(const uint16_t *key, int64_t stride, int64_t length, int64_t groups, __m512i *out) {
    for (int64_t first = 0; first < length; first += LANES) {
        for (int64_t group = 0; group < groups; group++) {
            __m512i rows[16];
            for (int i = 0; i < LANES; i++)
                rows[i] = first + i < length ? _mm512_loadu_si512(key + (first + i) * stride + group * PAIRED)
                                             : _mm512_setzero_si512();
            turn(rows);
            for (int i = 0; i < LANES; i++) _mm512_store_si512(out++, rows[i]);
        }
    }
}

/* Values as [pairs of keys][groups][2 halves][16 dimensions][2]; a missing last key is zeros. */
static void lay_out_values(const uint16_t *value, int64_t stride, int64_t length, int64_t groups,
                           __m512i *out) {
    const __m512i low = _mm512_set_epi16(47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, /* */
                                         39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
    const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    for (int64_t i = 0; i < length; i += 2) {
        for (int64_t group = 0; group < groups; group++) {
            const uint16_t *at = value + i * stride + group * PAIRED;
            const __m512i even = _mm512_loadu_si512(at);
            const __m512i odd = i + 1 < length ? _mm512_loadu_si512(at + stride) : _mm512_setzero_si512();
            _mm512_store_si512(out++, _mm512_permutex2var_epi16(even, low, odd));
            _mm512_store_si512(out++, _mm512_permutex2var_epi16(even, high, odd));
        }
    }
}

static inline __m512bh pair_at(const uint16_t *at) {
    int32_t both;
    __builtin_memcpy(&both, at, sizeof both);
    return (__m512bh)_mm512_set1_epi32(both);
}

/* Both products take a few queries at once, so that what was loaded is used for all of them. Their number is a
 * constant in each call, for each of which the compiler makes a function: sums stay in registers. Inlined, all of
 * them would have too few. */
#define FOR_COUNT(count, function, ...) \
    switch (count) { \
    case 1: function(1, __VA_ARGS__); break; \
    case 2: function(2, __VA_ARGS__); break; \
    case 3: function(3, __VA_ARGS__); break; \
    case 4: function(4, __VA_ARGS__); break; \
    case 5: function(5, __VA_ARGS__); break; \
    default: function(QUERIES, __VA_ARGS__); \
    }

/* Scores of queries with all keys. */
static void score(const int count, const uint16_t *query, int64_t stride, const __m512i *keys, int64_t tiles,
                  int64_t pairs, float scale, float *scores) {
    for (int64_t tile = 0; tile < tiles; tile++, keys += pairs) {
        __m512 sum[QUERIES];
        for (int q = 0; q < count; q++) sum[q] = _mm512_setzero_ps();
        for (int64_t pair = 0; pair < pairs; pair++) {
            const __m512bh key = (__m512bh)_mm512_load_si512(keys + pair);
            for (int q = 0; q < count; q++)
                sum[q] = _mm512_dpbf16_ps(sum[q], key, pair_at(query + q * stride + 2 * pair));
        }
        for (int q = 0; q < count; q++)
            _mm512_store_ps(scores + (q * tiles + tile) * LANES, _mm512_mul_ps(sum[q], _mm512_set1_ps(scale)));
    }
}

/* Contexts of queries: values weighted, times 1 / the sum of the weights. */
static void weigh(const int count, const uint16_t *weights, int64_t width, const __m512i *values, int64_t pairs,
                  int64_t groups, const float *shares, uint16_t *context, int64_t stride) {
    for (int64_t group = 0; group < groups; group++) {
        __m512 low[QUERIES], high[QUERIES];
        for (int q = 0; q < count; q++) low[q] = high[q] = _mm512_setzero_ps();
        for (int64_t pair = 0; pair < pairs; pair++) {
            const __m512i *at = values + 2 * (pair * groups + group);
            const __m512bh first = (__m512bh)_mm512_load_si512(at);
            const __m512bh second = (__m512bh)_mm512_load_si512(at + 1);
            for (int q = 0; q < count; q++) {
                const __m512bh weight = pair_at(weights + q * width + 2 * pair);
                low[q] = _mm512_dpbf16_ps(low[q], first, weight);
                high[q] = _mm512_dpbf16_ps(high[q], second, weight);
            }
        }
        for (int q = 0; q < count; q++) {
            const __m512 share = _mm512_set1_ps(shares[q]);
            const __m512bh both =
                _mm512_cvtne2ps_pbh(_mm512_mul_ps(high[q], share), _mm512_mul_ps(low[q], share));
            _mm512_storeu_si512(context + q * stride + group * PAIRED, (__m512i)both);
        }
    }
}

/* The scores of a query to weights that sum to what 1 is divided by here; those past the end are 0. */
static float soften(const float *scores, int64_t length, uint16_t *weights) {
    const int64_t tiles = tiles_of(length);
    const __mmask16 last = (__mmask16)(0xffffu >> (tiles * LANES - length));
    const float *end = scores + (tiles - 1) * LANES;
    __m512 top = _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), last, end);
    for (const float *at = scores; at < end; at += LANES) top = _mm512_max_ps(top, _mm512_load_ps(at));
    const __m512 highest = _mm512_set1_ps(_mm512_reduce_max_ps(top));
    __m512 sum = _mm512_setzero_ps();
    for (const float *at = scores; at <= end; at += LANES, weights += LANES) {
        __m512 share = exp_below_one(_mm512_sub_ps(_mm512_load_ps(at), highest));
        if (at == end) share = _mm512_maskz_mov_ps(last, share);
        sum = _mm512_add_ps(sum, share);
        _mm256_store_si256((__m256i *)weights, (__m256i)_mm512_cvtneps_pbh(share));
    }
    return 1.0f / _mm512_reduce_add_ps(sum);
}

static void attend_head(const Heads *heads, int64_t first, int64_t length, int64_t head, char *room) {
    const int64_t groups = heads->head_dim / PAIRED, tiles = tiles_of(length), pairs = (length + 1) / 2;
    const int64_t width = tiles * LANES, offset = first * heads->stride + head * heads->head_dim;
    __m512i *keys = (__m512i *)room, *values = keys + tiles * groups * LANES;
    float *scores = (float *)(values + 2 * pairs * groups);
    uint16_t *weights = (uint16_t *)(scores + QUERIES * width);
    lay_out_keys(heads->key + offset, heads->stride, length, groups, keys);
    lay_out_values(heads->value + offset, heads->stride, length, groups, values);
    for (int64_t row = 0; row < length; row += QUERIES) {
        const int count = length - row < QUERIES ? (int)(length - row) : QUERIES;
        const uint16_t *query = heads->query + offset + row * heads->stride;
        uint16_t *context = heads->context + (first + row) * heads->context_stride + head * heads->head_dim;
        float shares[QUERIES];
        FOR_COUNT(count, score, query, heads->stride, keys, tiles, groups * LANES, heads->scale, scores);
        for (int q = 0; q < count; q++)
            shares[q] = soften(scores + q * width, length, weights + q * width);
        FOR_COUNT(count, weigh, weights, width, values, pairs, groups, shares, context, heads->context_stride);
    }
}

/* Bytes for a head: keys and values laid out, scores in float32 and weights in bfloat16. */
static int64_t room_for(int64_t length, int64_t head_dim) {
    const int64_t groups = head_dim / PAIRED, tiles = tiles_of(length), pairs = (length + 1) / 2;
    return (tiles * LANES + 2 * pairs) * groups * ALIGNED + QUERIES * tiles * LANES * 6 + ALIGNED;
}

/* Sequence i is the tokens from starts[i] to starts[i + 1]. Returns 0, or 1 where memory is missing. */
int attend_bfloat16(const uint16_t *query, const uint16_t *key, const uint16_t *value, uint16_t *context,
                    const int64_t *starts, int64_t sequences, int64_t num_heads, int64_t head_dim,
                    int64_t stride, int64_t context_stride) {
    const float scale = 1.0f / sqrtf((float)head_dim);
    const Heads heads = {query, key, value, context, stride, context_stride, head_dim, scale};
    int64_t longest = 0;
    int failed = 0;
    for (int64_t i = 0; i < sequences; i++)
        if (starts[i + 1] - starts[i] > longest) longest = starts[i + 1] - starts[i];
    if (longest == 0) return 0;
#pragma omp parallel reduction(| : failed)
    {
        char *room = aligned_alloc(ALIGNED, room_for(longest, head_dim) / ALIGNED * ALIGNED);
        failed = room == 0;
#pragma omp for schedule(dynamic, 4) collapse(2)
        for (int64_t sequence = 0; sequence < sequences; sequence++)
            for (int64_t head = 0; head < num_heads; head++)
                if (room && starts[sequence + 1] > starts[sequence])
                    attend_head(&heads, starts[sequence], starts[sequence + 1] - starts[sequence], head, room);
        free(room);
    }
    return failed;
}
