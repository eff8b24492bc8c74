/* What an encoder's and a decoder's layers share: norm, sublayers, the residual stream. */
#ifndef LAYERS_H
#define LAYERS_H

#include "attention.h"

typedef struct {
    const float *weight, *bias;
    double epsilon;
} Norm;

typedef struct {
    Map inward, outward; /* queries, keys and values side by side; and what the heads found */
    Map across, across_outward; /* a decoder's: queries at the memory */
    Map widen, narrow;
    Norm own_norm, across_norm, feedforward_norm;
} Layer;

typedef struct {
    const Layer *layers;
    int64_t num_layers, num_heads, d_model, d_ff, bend;
    int64_t norm_first; /* whether norms stand before sublayers, and one behind them all */
    int64_t attention;  /* type of the numbers that attention multiplies: FLOAT32 or BFLOAT16 */
    Norm final_norm;
} Stack;

/* What rows need on their way, carved from one block. Each row has a stride of its own width. */
typedef struct {
    float *hidden, *normed, *wide; /* residual stream; what a sublayer reads, or what heads found; the widest */
    int32_t *typed;                /* rows in the type of a map */
    Scaled *scaled;                /* how they became bytes */
    int64_t narrow, broad; /* strides of the first two, and of `wide` */
} Room;

static int64_t room_numbers(const Stack *stack, int64_t rows) {
    const int64_t broad = row_stride(larger(3 * stack->d_model, stack->d_ff));
    return rows * (2 * row_stride(stack->d_model) + 2 * broad + (int64_t)(sizeof(Scaled) / sizeof(float)));
}

static Room make_room(const Stack *stack, int64_t rows, float *block) {
    Room room;
    room.narrow = row_stride(stack->d_model);
    room.broad = row_stride(larger(3 * stack->d_model, stack->d_ff));
    room.hidden = block;
    room.normed = room.hidden + rows * room.narrow;
    room.wide = room.normed + rows * room.narrow;
    room.typed = (int32_t *)(room.wide + rows * room.broad);
    room.scaled = (Scaled *)(room.typed + rows * room.broad);
    return room;
}

/* The sum of what lies in a row, or of its squares, less `mean` each: four sums side by side, none of which waits
 * for another. */
INLINE float sum_row(const float *x, int64_t width, float mean, const int squared) {
    Vector sums[4] = {all(0), all(0), all(0), all(0)};
    int64_t i = 0;
    for (; i + 4 * LANES <= width; i += 4 * LANES)
        for (int j = 0; j < 4; j++) {
            const Vector rest = load(x + i + j * LANES) - all(mean);
            sums[j] += squared ? rest * rest : rest;
        }
    for (; i < width; i += LANES) {
        const Vector rest = load(x + i) - all(mean);
        sums[0] += squared ? rest * rest : rest;
    }
    return sum_of((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/* Layer norm of each row; `to` may be `from`. Called by all threads. */
static void normalise(const Norm *norm, const float *from, float *to, int64_t stride, int64_t rows,
                      int64_t width) {
#pragma omp for schedule(static)
    for (int64_t r = 0; r < rows; r++) {
        const float *x = from + r * stride;
        const float mean = sum_row(x, width, 0, 0) / (float)width;
        const double variance = (double)sum_row(x, width, mean, 1) / (double)width;
        const Vector factor = all((float)(1.0 / sqrt(variance + norm->epsilon)));
        for (int64_t i = 0; i < width; i += LANES)
            store(to + r * stride + i,
                  (load(x + i) - all(mean)) * factor * load(norm->weight + i) + load(norm->bias + i));
    }
}

/* What a sublayer reads: the residual stream, behind the norm where that comes first. */
static float *enter(const Stack *stack, const Norm *norm, const Room *room, int64_t rows) {
    if (!stack->norm_first) return room->hidden;
    normalise(norm, room->hidden, room->normed, room->narrow, rows, stack->d_model);
    return room->normed;
}

/* Rows through a map and onto the residual stream, which is normed where the norm comes last. */
static void leave(const Stack *stack, const Norm *norm, const Map *map, float *from, int64_t stride,
                  const Room *room, int64_t rows) {
    const Rows x = in_type(map->type, from, stride, rows, map->inputs, room->typed, room->scaled);
    write_product(map, &x, room->hidden, room->narrow, 0, 1);
    if (!stack->norm_first) normalise(norm, room->hidden, room->hidden, room->narrow, rows, stack->d_model);
}

/* Rows through a map into `wide`. */
static void widen(const Map *map, float *from, int64_t bend, const Room *room, int64_t rows) {
    const Rows x = in_type(map->type, from, room->narrow, rows, map->inputs, room->typed, room->scaled);
    write_product(map, &x, room->wide, room->broad, bend, 0);
}

static void feed_forward(const Stack *stack, const Layer *layer, const Room *room, int64_t rows) {
    widen(&layer->widen, enter(stack, &layer->feedforward_norm, room, rows), stack->bend, room, rows);
    leave(stack, &layer->feedforward_norm, &layer->narrow, room->wide, room->broad, room, rows);
}

static void finish(const Stack *stack, const Room *room, int64_t rows) {
    if (stack->norm_first)
        normalise(&stack->final_norm, room->hidden, room->hidden, room->narrow, rows, stack->d_model);
}

#endif
