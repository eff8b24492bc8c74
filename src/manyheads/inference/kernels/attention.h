/* Scaled dot-product attention: queries of one head against keys and values that were laid out beforehand, in
 * float32 or in bfloat16, or that lie about in float32, one token here and one there. Scores, softmax and sums are
 * in float32; weights in bfloat16 are rounded before they weight values, as PyTorch's products do.
 */
#ifndef ATTENTION_H
#define ATTENTION_H

#include "products.h"

/* Room for one head's keys and values, in 32 bits. */
INLINE int64_t laid_keys(int64_t type, int64_t length, int64_t head_dim) {
    return rounded_up(length, TILE) * groups_of(head_dim, type);
}

INLINE int64_t value_groups(int64_t type, int64_t length) { return divided_up(length, 1 << type); }

INLINE int64_t laid_head(int64_t type, int64_t length, int64_t head_dim) {
    return laid_keys(type, length, head_dim) + value_groups(type, length) * rounded_up(head_dim, TILE);
}

/* [tiles of keys][groups of dimensions][TILE]; keys past the end are zeros. */
static void lay_out_keys(int64_t type, const float *key, int64_t stride, int64_t length, int64_t head_dim,
                         int32_t *out) {
    const int64_t groups = groups_of(head_dim, type);
    int32_t typed[head_dim];
    for (int64_t first = 0; first < length; first += TILE, out += TILE * groups) {
        const int64_t count = smaller(TILE, length - first);
        for (int64_t j = 0; j < count; j++) {
            const float *from = key + (first + j) * stride;
            if (type == BFLOAT16) write_bfloat16(from, head_dim, (uint16_t *)typed);
            else memcpy(typed, from, sizeof typed);
            for (int64_t i = 0; i < groups; i++) out[i * TILE + j] = typed[i];
        }
        for (int64_t i = 0; i < groups; i++)
            for (int64_t j = count; j < TILE; j++) out[i * TILE + j] = 0;
    }
}

/* [tiles of dimensions][groups of tokens][TILE]; dimensions and tokens past the last are zeros. */
static void lay_out_values(int64_t type, const float *value, int64_t stride, int64_t length, int64_t head_dim,
                           int32_t *out) {
    const int64_t each = 1 << type;
    for (int64_t first = 0; first < head_dim; first += TILE) {
        const int64_t count = smaller(TILE, head_dim - first);
        for (int64_t j = 0; j < length; j += each, out += TILE) {
            const float *from = value + j * stride + first;
            memset(out + count, 0, (TILE - count) * sizeof *out);
            if (type == FLOAT32) memcpy(out, from, count * sizeof *out);
            else for (int64_t i = 0; i < count; i += LANES) {
                const Unsigned even = rounded(load(from + i));
                const Unsigned odd = j + 1 < length ? rounded(load(from + stride + i)) : (Unsigned){0};
                const Unsigned both = even | odd << 16;
                memcpy(out + i, &both, sizeof both);
            }
        }
    }
}

/* One head's, keys first. */
static void lay_out_head(int64_t type, const float *key, const float *value, int64_t stride, int64_t length,
                         int64_t head_dim, int32_t *out) {
    lay_out_keys(type, key, stride, length, head_dim, out);
    lay_out_values(type, value, stride, length, head_dim, out + laid_keys(type, length, head_dim));
}

/* Scores of some rows times `scale` to weights that add up to 1 in each; what stands past the end becomes 0. All
 * rows take one step before any takes the next: in one row each step waits for the last. */
static void softmax(float *scores, int64_t rows, int64_t stride, int64_t length, float scale) {
    const int64_t last = (length - 1) / LANES * LANES;
    const Integers there = first_lanes(length - last);
    Vector greatest[rows], sums[rows];
    for (int64_t r = 0; r < rows; r++) {
        float *row = scores + r * stride;
        greatest[r] = choose(there, load(row + last), all(-INFINITY));
        store(row + last, greatest[r]);
        for (int64_t i = 0; i < last; i += LANES) greatest[r] = greater(load(row + i), greatest[r]);
    }
    for (int64_t r = 0; r < rows; r++) greatest[r] = all(greatest_of(greatest[r]));
    for (int64_t r = 0; r < rows; r++) {
        float *row = scores + r * stride;
        sums[r] = all(0);
        for (int64_t i = 0; i <= last; i += LANES) {
            const Vector weight = exponential((load(row + i) - greatest[r]) * all(scale));
            store(row + i, weight);
            sums[r] += weight; /* past the end 1e-35, which changes no sum of 1 and more */
        }
    }
    for (int64_t r = 0; r < rows; r++) sums[r] = all(1.0f / sum_of(sums[r]));
    for (int64_t r = 0; r < rows; r++) {
        float *row = scores + r * stride;
        for (int64_t i = 0; i <= last; i += LANES) store(row + i, load(row + i) * sums[r]);
        store(row + last, choose(there, load(row + last), all(0)));
    }
}

static void multiply_typed(int64_t type, int rows, const int32_t *row, int64_t stride, const int32_t *columns,
                           int64_t groups, float *out) {
    if (type == BFLOAT16) multiply_bfloat16(rows, row, stride, columns, groups, out);
    else multiply_float32(rows, row, stride, columns, groups, out);
}

/* Room for the scores of a few queries, and for what they are multiplied by, in numbers. */
INLINE int64_t few_scores(int64_t longest, int64_t head_dim) {
    return BLOCK * (2 * row_stride(longest + TILE) + row_stride(head_dim));
}

/* Queries of one head that see all keys laid out at `laid`; `room` is as large as `few_scores` says. */
static void attend_laid(int64_t type, const float *query, int64_t stride, int64_t queries, const int32_t *laid,
                        int64_t length, int64_t head_dim, float *context, int64_t context_stride, float *room) {
    const int64_t score_stride = row_stride(length + TILE), query_stride = row_stride(head_dim);
    const int64_t groups = groups_of(head_dim, type), each = value_groups(type, length);
    const int32_t *values = laid + laid_keys(type, length, head_dim);
    float *scores = room;
    int32_t *typed = (int32_t *)(scores + BLOCK * score_stride);
    int32_t *typed_query = typed + BLOCK * score_stride;
    _Alignas(64) float numbers[BLOCK * TILE];
    for (int64_t first = 0; first < queries; first += BLOCK) {
        const int rows = (int)smaller(BLOCK, queries - first);
        const float *from = query + first * stride;
        const Rows asking = a_few_in_type(type, from, stride, rows, head_dim, typed_query, query_stride);
        for (int64_t tile = 0; tile * TILE < length; tile++) {
            multiply_typed(type, rows, asking.numbers, asking.stride, laid + tile * groups * TILE, groups, numbers);
            for (int r = 0; r < rows; r++)
                memcpy(scores + r * score_stride + tile * TILE, numbers + r * TILE, TILE * sizeof *numbers);
        }
        softmax(scores, rows, score_stride, length, 1.0f / sqrtf((float)head_dim));
        const Rows weights =
            a_few_in_type(type, scores, score_stride, rows, rounded_up(length, LANES), typed, score_stride);
        for (int64_t tile = 0; tile * TILE < head_dim; tile++) {
            const int64_t wanted = smaller(TILE, head_dim - tile * TILE);
            multiply_typed(type, rows, weights.numbers, weights.stride, values + tile * each * TILE, each, numbers);
            for (int r = 0; r < rows; r++)
                memcpy(context + (first + r) * context_stride + tile * TILE, numbers + r * TILE,
                       wanted * sizeof *numbers);
        }
    }
}

INLINE float dot(const float *one, const float *other, int64_t width) {
    Vector sum = all(0);
    for (int64_t i = 0; i < width; i += LANES) sum += load(one + i) * load(other + i);
    return sum_of(sum);
}

INLINE void add_weighted(float *to, const float *from, float weight, int64_t width) {
    for (int64_t i = 0; i < width; i += LANES) store(to + i, load(to + i) + all(weight) * load(from + i));
}

/* One query of all heads, against tokens each of which lies where `keys` and `values` say. `room` has a row of
 * `row_stride(length)` for each head. */
static void attend_scattered(const float *query, const float *const *keys, const float *const *values,
                             int64_t length, int64_t num_heads, int64_t head_dim, float *context, float *room) {
    const int64_t stride = row_stride(length);
    for (int64_t t = 0; t < length; t++)
        for (int64_t head = 0; head < num_heads; head++)
            room[head * stride + t] = dot(query + head * head_dim, keys[t] + head * head_dim, head_dim);
    softmax(room, num_heads, stride, length, 1.0f / sqrtf((float)head_dim));
    memset(context, 0, num_heads * head_dim * sizeof *context);
    for (int64_t t = 0; t < length; t++)
        for (int64_t head = 0; head < num_heads; head++)
            add_weighted(context + head * head_dim, values[t] + head * head_dim, room[head * stride + t], head_dim);
}

#endif
