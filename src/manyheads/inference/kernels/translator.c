/* A Transformer that translates: the encoder over packed sentences, the decoder a step at a time.
 *
 * The numbers are those of `manyheads/model`, in the same order of operations; see there for what is calculated.
 * Each call is one parallel region: threads meet only where one needs what another made. Nothing is allocated:
 * the caller brings the room.
 */
#include "layers.h"
#include "ranking.h"

/* Own keys and values of the decoder: of the tokens that all hypotheses read in one step, a block
 * [layers][2][slots][d_model]. A hypothesis knows for each of its tokens the block and the slot, so that a search
 * that reorders hypotheses moves these numbers alone. */
typedef struct {
    float *const *blocks;
    const int32_t *slots;   /* of each block */
    const int32_t *origins; /* [rows][origin_stride]: slot of each token, oldest first; the newest is this step's */
    int64_t origin_stride;
    const int32_t *first_blocks; /* of each row: the block of its oldest token; the next ones follow */
    const int32_t *lengths;      /* of each row: tokens, the newest included */
} Own;

typedef struct {
    int64_t rows, sentences;
    const int32_t *first_rows; /* [sentences + 1] */
    const int32_t *ids;        /* the newest token of each row */
    const float *tokens, *positions; /* what they are, and where: vectors */
    double scale;              /* of the former */
    Own own;
    const int32_t *const *memories; /* of each sentence: [layers][heads] laid out */
    const int32_t *memory_lengths;
} Step;

INLINE int64_t head_dim_of(const Stack *stack) { return stack->d_model / stack->num_heads; }

/* Room of a thread for the scores of a few queries, or of all heads of one. */
static int64_t score_numbers(const Stack *stack, int64_t longest) {
    return larger(few_scores(longest, head_dim_of(stack)), stack->num_heads * row_stride(longest)) + 16;
}

/* Room of a thread for that, and for pointers to a hypothesis' tokens. */
static int64_t spare_bytes(const Stack *stack, int64_t longest) {
    return rounded_up(4 * score_numbers(stack, longest) + 2 * (longest + 1) * (int64_t)sizeof(float *), 64);
}

/* Columns of a tile: outputs of a map are packed in as many. */
int64_t tile_columns(void) { return TILE; }

/* The largest int8 of rows, and what two neighbouring weights of the same sign may be together. */
int64_t row_steps(void) { return ROW_STEPS; }

int64_t pair_steps(void) { return PAIR_STEPS; }

/* Numbers that widths must be a multiple of. */
int64_t lanes(void) { return LANES; }

static int64_t laid_room(const Stack *stack, int64_t length) {
    return rounded_up(laid_head(stack->attention, length, head_dim_of(stack)), 16);
}

/* Whether the processor has an instruction for products in bfloat16. */
int64_t has_bfloat16(void) {
#if defined(__AVX512BF16__)
    return 1;
#else
    return 0;
#endif
}

/* Bytes that `apply_map` needs. */
int64_t map_room(const Map *map, int64_t rows) {
    return rows * (4 * row_stride(map->inputs) + (int64_t)sizeof(Scaled));
}

/* Rows as the layers have them, at a distance that suits the nearest memory. Called by all threads. */
static Rows spaced_out(const float *from, int64_t count, int64_t width, float *to) {
    const int64_t stride = row_stride(width);
#pragma omp for schedule(static)
    for (int64_t r = 0; r < count; r++) memcpy(to + r * stride, from + r * width, width * sizeof(float));
    return (Rows){(const int32_t *)to, 0, count, stride};
}

/* Rows times one map and perhaps bent, [rows][inputs] to [rows][outputs]. */
void apply_map(const Map *map, float *from, int64_t rows, float *to, int64_t bend, void *block, int64_t threads) {
    int32_t *typed = block;
    Scaled *scaled = (Scaled *)(typed + rows * row_stride(map->inputs));
#pragma omp parallel num_threads((int)threads)
    {
        Rows x = in_type(map->type, from, map->inputs, rows, map->inputs, typed, scaled);
        if (map->type == FLOAT32) x = spaced_out(from, rows, map->inputs, (float *)typed);
        write_product(map, &x, to, map->outputs, bend, 0);
    }
}

/* Bytes that `encode` needs, and `lay_out_memory`. */
int64_t encoder_room(const Stack *stack, int64_t tokens, int64_t longest, int64_t threads) {
    const int64_t each = score_numbers(stack, longest) + laid_room(stack, longest);
    return 4 * (room_numbers(stack, tokens) + threads * each);
}

/* What is kept of a row when the threads' findings have been put together: tokens, and how many are taken. */
static int64_t ranked_bytes(int64_t wanted) { return wanted * (int64_t)(sizeof(float) + sizeof(int32_t)) + 4; }

/* Bytes that a step needs whose longest sentence, or hypothesis, has so many tokens. */
int64_t step_room(const Stack *stack, int64_t rows, int64_t longest, int64_t wanted, int64_t threads) {
    return 4 * room_numbers(stack, rows) + threads * spare_bytes(stack, longest) +
           ranking_bytes(threads, rows, wanted) + rows * ranked_bytes(wanted);
}

/* What the memory's keys and values of a sentence take, in 32 bits. */
int64_t memory_numbers(const Stack *stack, int64_t length) {
    return stack->num_layers * stack->num_heads * laid_room(stack, length);
}

static void attend_sequences(const Stack *stack, const int64_t *starts, int64_t sequences, const Room *room,
                             int64_t longest, float *spare) {
    const int64_t head_dim = head_dim_of(stack), d_model = stack->d_model;
    const int64_t room_for_laid = laid_room(stack, longest), type = stack->attention;
    float *mine = spare + omp_get_thread_num() * (room_for_laid + score_numbers(stack, longest));
    int32_t *laid = (int32_t *)mine;
#pragma omp for collapse(2) schedule(dynamic, 4)
    for (int64_t sequence = 0; sequence < sequences; sequence++) {
        for (int64_t head = 0; head < stack->num_heads; head++) {
            const int64_t length = starts[sequence + 1] - starts[sequence];
            const float *query = room->wide + starts[sequence] * room->broad + head * head_dim;
            lay_out_head(type, query + d_model, query + 2 * d_model, room->broad, length, head_dim, laid);
            attend_laid(type, query, room->broad, length, laid, length, head_dim,
                        room->normed + starts[sequence] * room->narrow + head * head_dim, room->narrow,
                        mine + room_for_laid);
        }
    }
}

/* Embedded tokens of packed sequences, [tokens][d_model], become what the stack makes of them. */
void encode(const Stack *stack, float *hidden, const int64_t *starts, int64_t sequences, void *block,
            int64_t threads) {
    const int64_t tokens = starts[sequences], row = stack->d_model * (int64_t)sizeof(float);
    const Room room = make_room(stack, tokens, block);
    float *spare = (float *)block + room_numbers(stack, tokens);
    int64_t longest = 0;
    for (int64_t i = 0; i < sequences; i++) longest = larger(longest, starts[i + 1] - starts[i]);
#pragma omp parallel num_threads((int)threads)
    {
#pragma omp for schedule(static)
        for (int64_t t = 0; t < tokens; t++) memcpy(room.hidden + t * room.narrow, hidden + t * stack->d_model, row);
        for (int64_t i = 0; i < stack->num_layers; i++) {
            const Layer *layer = stack->layers + i;
            widen(&layer->inward, enter(stack, &layer->own_norm, &room, tokens), 0, &room, tokens);
            attend_sequences(stack, starts, sequences, &room, longest, spare);
            leave(stack, &layer->own_norm, &layer->outward, room.normed, room.narrow, &room, tokens);
            feed_forward(stack, layer, &room, tokens);
        }
        finish(stack, &room, tokens);
#pragma omp for schedule(static)
        for (int64_t t = 0; t < tokens; t++) memcpy(hidden + t * stack->d_model, room.hidden + t * room.narrow, row);
    }
}

/* Keys and values of packed memories, projected by each layer's map (keys, then values) and laid out: of each
 * sentence where `memories` says. */
void lay_out_memory(const Stack *stack, const Map *maps, float *memory, const int64_t *starts,
                    int64_t sentences, int32_t *const *memories, void *block, int64_t threads) {
    const int64_t tokens = starts[sentences], head_dim = head_dim_of(stack);
    const Room room = make_room(stack, tokens, block);
#pragma omp parallel num_threads((int)threads)
    for (int64_t i = 0; i < stack->num_layers; i++) {
        const Rows x =
            in_type(maps[i].type, memory, stack->d_model, tokens, stack->d_model, room.typed, room.scaled);
        write_product(maps + i, &x, room.wide, room.broad, 0, 0);
#pragma omp for collapse(2) schedule(static)
        for (int64_t sentence = 0; sentence < sentences; sentence++) {
            for (int64_t head = 0; head < stack->num_heads; head++) {
                const int64_t length = starts[sentence + 1] - starts[sentence];
                const float *key = room.wide + starts[sentence] * room.broad + head * head_dim;
                int32_t *laid = memories[sentence] + (i * stack->num_heads + head) * laid_room(stack, length);
                lay_out_head(stack->attention, key, key + stack->d_model, room.broad, length, head_dim, laid);
            }
        }
    }
}

static void embed(const Stack *stack, const Step *step, const Room *room) {
    const int64_t d_model = stack->d_model;
#pragma omp for schedule(static)
    for (int64_t r = 0; r < step->rows; r++) {
        const float *token = step->tokens + step->ids[r] * d_model;
        const float *position = step->positions ? step->positions + (step->own.lengths[r] - 1) * d_model : 0;
        for (int64_t i = 0; i < d_model; i++)
            room->hidden[r * room->narrow + i] = token[i] * (float)step->scale + (position ? position[i] : 0);
    }
}

/* Keep the newest keys and values, and look back at all of one's own. */
static void look_back(const Stack *stack, const Step *step, int64_t layer, const Room *room, char *spare,
                      int64_t each) {
    const Own *own = &step->own;
    const int64_t d_model = stack->d_model, row = d_model * (int64_t)sizeof(float);
    char *mine = spare + omp_get_thread_num() * each;
#pragma omp for schedule(static)
    for (int64_t r = 0; r < step->rows; r++) {
        const int64_t length = own->lengths[r], first_block = own->first_blocks[r];
        const int32_t *slots = own->origins + r * own->origin_stride;
        const float *query = room->wide + r * room->broad;
        const float **keys = (const float **)mine, **values = keys + length;
        for (int64_t t = 0; t < length; t++) {
            const int64_t all_slots = own->slots[first_block + t];
            keys[t] = own->blocks[first_block + t] + (2 * layer * all_slots + slots[t]) * d_model;
            values[t] = keys[t] + all_slots * d_model;
        }
        memcpy((float *)keys[length - 1], query + d_model, row);
        memcpy((float *)values[length - 1], query + 2 * d_model, row);
        attend_scattered(query, keys, values, length, stack->num_heads, head_dim_of(stack),
                         room->normed + r * room->narrow, (float *)(values + length));
    }
}

/* Look at the memory: a sentence's hypotheses are the queries of one attention. */
static void look_across(const Stack *stack, const Step *step, int64_t layer, const Room *room, char *spare,
                        int64_t each) {
    const int64_t head_dim = head_dim_of(stack);
    float *scores = (float *)(spare + omp_get_thread_num() * each);
#pragma omp for collapse(2) schedule(static)
    for (int64_t sentence = 0; sentence < step->sentences; sentence++) {
        for (int64_t head = 0; head < stack->num_heads; head++) {
            const int64_t first = step->first_rows[sentence], length = step->memory_lengths[sentence];
            const int32_t *laid =
                step->memories[sentence] + (layer * stack->num_heads + head) * laid_room(stack, length);
            attend_laid(stack->attention, room->wide + first * room->broad + head * head_dim, room->broad,
                        step->first_rows[sentence + 1] - first, laid, length, head_dim,
                        room->normed + first * room->narrow + head * head_dim, room->narrow, scores);
        }
    }
}

static void run_layers(const Stack *stack, const Step *step, const Room *room, char *spare, int64_t each) {
    const int64_t rows = step->rows;
    embed(stack, step, room);
    for (int64_t i = 0; i < stack->num_layers; i++) {
        const Layer *layer = stack->layers + i;
        widen(&layer->inward, enter(stack, &layer->own_norm, room, rows), 0, room, rows);
        look_back(stack, step, i, room, spare, each);
        leave(stack, &layer->own_norm, &layer->outward, room->normed, room->narrow, room, rows);
        widen(&layer->across, enter(stack, &layer->across_norm, room, rows), 0, room, rows);
        look_across(stack, step, i, room, spare, each);
        leave(stack, &layer->across_norm, &layer->across_outward, room->normed, room->narrow, room, rows);
        feed_forward(stack, layer, room, rows);
    }
    finish(stack, room, rows);
}

static int64_t longest_of(const Step *step) {
    int64_t longest = 0;
    for (int64_t r = 0; r < step->rows; r++) longest = larger(longest, step->own.lengths[r]);
    for (int64_t s = 0; s < step->sentences; s++) longest = larger(longest, step->memory_lengths[s]);
    return longest;
}

/* Read the newest tokens and score the vocabulary: logits, [rows][vocabulary]. */
void score_step(const Stack *stack, const Map *output, const Step *step, float *logits, void *block,
                int64_t threads) {
    const Room room = make_room(stack, step->rows, block);
    char *spare = (char *)((float *)block + room_numbers(stack, step->rows));
    const int64_t each = spare_bytes(stack, longest_of(step));
#pragma omp parallel num_threads((int)threads)
    {
        run_layers(stack, step, &room, spare, each);
        const Rows x =
            in_type(output->type, room.hidden, room.narrow, step->rows, stack->d_model, room.typed, room.scaled);
        write_product(output, &x, logits, output->outputs, 0, 0);
    }
}

/* What a search asks for, and what it gets of each sentence: [sentences][wanted], best first. */
typedef struct {
    int64_t wanted;
    const int32_t *barred; /* tokens that may not come, ascending */
    int64_t barred_count, renormalize;
    const double *totals;  /* of each row: the sum of its log probabilities so far */
    const uint8_t *forced; /* of each row: whether nothing but `end` may come, with certainty */
    int64_t end;
    double *best;       /* sums with one more token; minus infinity where there is no more */
    int32_t *parents;   /* which of the sentence's rows each continues */
    int32_t *ids;       /* with which token */
    float *log_probs;   /* how likely that is */
} Asked;

/* Of each sentence the best continuations of all its rows; among equals the earlier row comes first. */
static void rank_sentence(const Step *step, const Asked *asked, int64_t sentence, const float *log_probs,
                          const int32_t *ids, int32_t *next) {
    const int64_t first = step->first_rows[sentence], wanted = asked->wanted;
    const int64_t rows = step->first_rows[sentence + 1] - first;
    memset(next, 0, rows * sizeof *next);
    for (int64_t place = sentence * wanted; place < (sentence + 1) * wanted; place++) {
        double best = -INFINITY;
        int64_t parent = -1;
        for (int64_t r = 0; r < rows; r++) {
            if (next[r] == wanted) continue;
            const double total = asked->totals[first + r] + log_probs[(first + r) * wanted + next[r]];
            /* What is no number comes first, so that it is seen. */
            if (parent < 0 || total > best || isnan(total)) {
                best = total;
                parent = r;
            }
        }
        const int64_t from = (first + parent) * wanted + next[parent]++;
        asked->best[place] = best;
        asked->parents[place] = (int32_t)parent;
        asked->ids[place] = ids[from];
        asked->log_probs[place] = log_probs[from];
    }
}

/* Nothing but the end may come. */
static void force(const Asked *asked, float *log_probs, int32_t *ids) {
    for (int64_t i = 1; i < asked->wanted; i++) log_probs[i] = -INFINITY;
    log_probs[0] = 0;
    ids[0] = (int32_t)asked->end;
}

/* Read the newest tokens and rank what may come next. Where a row is no number, its sentence's first sum is none. */
void rank_step(const Stack *stack, const Map *output, const Step *step, const Asked *asked, void *block,
               int64_t threads) {
    const int64_t rows = step->rows, wanted = asked->wanted, each = spare_bytes(stack, longest_of(step));
    const Room room = make_room(stack, rows, block);
    char *spare = (char *)((float *)block + room_numbers(stack, rows));
    Ranking ranking = {.sink = {take_ranked},
                       .rows = rows,
                       .wanted = wanted,
                       .vocabulary = output->outputs,
                       .barred = asked->barred,
                       .barred_count = asked->barred_count,
                       .renormalize = (int)asked->renormalize};
    begin_ranking(&ranking, threads, spare + threads * each);
    float *log_probs = (float *)(spare + threads * each + ranking_bytes(threads, rows, wanted));
    int32_t *ids = (int32_t *)(log_probs + rows * wanted), *next = ids + rows * wanted;
#pragma omp parallel num_threads((int)threads)
    {
        run_layers(stack, step, &room, spare, each);
        const Rows x =
            in_type(output->type, room.hidden, room.narrow, rows, stack->d_model, room.typed, room.scaled);
        product(output, &x, &ranking.sink);
#pragma omp for schedule(static)
        for (int64_t r = 0; r < rows; r++) {
            rank_row(&ranking, threads, r, log_probs + r * wanted, ids + r * wanted);
            if (asked->forced[r]) force(asked, log_probs + r * wanted, ids + r * wanted);
            const float sum = dot(room.hidden + r * room.narrow, room.hidden + r * room.narrow, stack->d_model);
            if (isnan(sum)) log_probs[r * wanted] = NAN;
        }
#pragma omp for schedule(static)
        for (int64_t sentence = 0; sentence < step->sentences; sentence++)
            rank_sentence(step, asked, sentence, log_probs, ids, next + step->first_rows[sentence]);
    }
}
