/* The likeliest tokens of each row, while the vocabulary's scores pass by: they are never all in memory.
 *
 * Each thread keeps, of the tiles that fall to it, a row's best tokens and the sum of exponentials; what the
 * threads found is put together at the end. Among equals the smaller token comes first, as in
 * `inference/likeliest.py`.
 */
#ifndef RANKING_H
#define RANKING_H

#include <omp.h>

#include "products.h"

/* What one thread knows of one row. */
typedef struct {
    float sums[LANES]; /* of exp(score - most) */
    float most;
    float limit; /* what the next of its best tokens must exceed */
    int32_t count;
} Known;

typedef struct {
    Sink sink;
    Known *known;   /* [threads][rows] */
    float *scores;  /* [threads][rows][wanted], best first */
    int32_t *ids;   /* the same */
    int64_t rows, wanted, vocabulary;
    const int32_t *barred; /* ascending */
    int64_t barred_count;
    int renormalize; /* whether barred tokens have no share in the sum of probabilities */
} Ranking;

static int64_t ranking_bytes(int64_t threads, int64_t rows, int64_t wanted) {
    return threads * rows * (int64_t)(sizeof(Known) + wanted * (sizeof(float) + sizeof(int32_t)));
}

static void begin_ranking(Ranking *ranking, int64_t threads, char *room) {
    const int64_t all_rows = threads * ranking->rows;
    ranking->known = (Known *)room;
    ranking->scores = (float *)(ranking->known + all_rows);
    ranking->ids = (int32_t *)(ranking->scores + all_rows * ranking->wanted);
    memset(ranking->known, 0, all_rows * sizeof *ranking->known);
    for (int64_t i = 0; i < all_rows; i++) ranking->known[i].most = ranking->known[i].limit = -INFINITY;
}

INLINE int before(float score, int32_t id, float other_score, int32_t other_id) {
    return score > other_score || (score == other_score && id < other_id);
}

/* Put a token among the best `wanted`, unless they are all before it. */
static void insert(float *scores, int32_t *ids, int32_t *count, int64_t wanted, float score, int32_t id) {
    int64_t at = *count;
    if (at == wanted && !before(score, id, scores[at - 1], ids[at - 1])) return;
    if (at == wanted) at--;
    else (*count)++;
    for (; at > 0 && before(score, id, scores[at - 1], ids[at - 1]); at--) {
        scores[at] = scores[at - 1];
        ids[at] = ids[at - 1];
    }
    scores[at] = score;
    ids[at] = id;
}

static void raise_most(Known *known, float most) {
    if (most <= known->most) return;
    if (known->most > -INFINITY) {
        const Vector factor = exponential(all(known->most - most));
        store(known->sums, load(known->sums) * factor);
    }
    known->most = most;
}

/* Have a row's sum of exponentials take a tile in. */
INLINE void add_up(Known *known, const float *numbers) {
    const Vector low = load(numbers), high = load(numbers + LANES), best = greater(low, high);
    if (count_of(best > all(known->most))) raise_most(known, greatest_of(best));
    if (known->most == -INFINITY && !count_of((low != low) | (high != high))) return;
    const Vector most = all(known->most);
    store(known->sums, load(known->sums) + (exponential(low - most) + exponential(high - most)));
}

/* Have a row's best tokens take a tile in, whose first token is `start`. */
INLINE void compete(Known *known, float *scores, int32_t *ids, int64_t wanted, const float *numbers, int64_t start) {
    const Vector best = greater(load(numbers), load(numbers + LANES));
    if (!count_of(best > all(known->limit))) return;
    for (int i = 0; i < TILE; i++) {
        if (!(numbers[i] > known->limit)) continue;
        insert(scores, ids, &known->count, wanted, numbers[i], (int32_t)(start + i));
        if (known->count == wanted) known->limit = scores[wanted - 1];
    }
}

static void bar(const Ranking *ranking, int64_t first, int64_t end, int64_t start, float *numbers) {
    for (int64_t i = first; i < end; i++) numbers[ranking->barred[i] - start] = -INFINITY;
}

static void take_ranked(const Sink *sink, int64_t first_row, int rows, int64_t tile, const float *given) {
    const Ranking *ranking = (const Ranking *)sink;
    const int64_t start = tile * TILE, end = smaller(start + TILE, ranking->vocabulary), wanted = ranking->wanted;
    const int64_t place = omp_get_thread_num() * ranking->rows + first_row;
    int64_t first_barred = 0, end_barred;
    while (first_barred < ranking->barred_count && ranking->barred[first_barred] < start) first_barred++;
    for (end_barred = first_barred; end_barred < ranking->barred_count; end_barred++)
        if (ranking->barred[end_barred] >= end) break;
    const int whole = end == start + TILE && first_barred == end_barred;
    for (int r = 0; r < rows; r++, given += TILE) {
        Known *known = ranking->known + place + r;
        const float *numbers = given;
        float changed[TILE];
        if (!whole) {
            for (int i = 0; i < TILE; i++) changed[i] = start + i < end ? given[i] : -INFINITY;
            if (ranking->renormalize) bar(ranking, first_barred, end_barred, start, changed);
            numbers = changed;
        }
        add_up(known, numbers);
        if (!whole) bar(ranking, first_barred, end_barred, start, changed);
        const int64_t at = (place + r) * wanted;
        compete(known, ranking->scores + at, ranking->ids + at, wanted, numbers, start);
    }
}

/* Put together what the threads know of a row: log probabilities and tokens, best first; minus infinity and 0
 * where the vocabulary offers no more. */
static void rank_row(const Ranking *ranking, int64_t threads, int64_t row, float *log_probs, int32_t *ids) {
    float most = -INFINITY;
    for (int64_t t = 0; t < threads; t++) most = fmaxf(most, ranking->known[t * ranking->rows + row].most);
    double total = 0;
    int32_t count = 0;
    for (int64_t t = 0; t < threads; t++) {
        const int64_t place = t * ranking->rows + row;
        const Known *known = ranking->known + place;
        double sum = 0;
        for (int i = 0; i < LANES; i++) sum += known->sums[i];
        if (known->most == -INFINITY && !isnan(sum)) continue;
        total += sum * exp((double)known->most - most);
        for (int32_t i = 0; i < known->count; i++) {
            const int64_t from = place * ranking->wanted + i;
            insert(log_probs, ids, &count, ranking->wanted, ranking->scores[from], ranking->ids[from]);
        }
    }
    /* With no score that is a number there is no share either. */
    const float share = total > 0 ? (float)log(total) : NAN;
    if (isnan(share)) count = 0;
    for (int64_t i = 0; i < ranking->wanted; i++) {
        /* First what is as large as the scores: the difference has all of its digits. */
        log_probs[i] = i < count ? log_probs[i] - most - share : -INFINITY;
        if (i >= count) ids[i] = 0;
    }
    if (isnan(share)) log_probs[0] = NAN;
}

#endif
