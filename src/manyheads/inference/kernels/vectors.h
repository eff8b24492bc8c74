/* Vectors of the processor, as wide as it has them, in the compiler's own notation: the same text becomes
 * AVX-512, AVX2 or what else there is. Where a type of number has an instruction of its own, `products.h` names it.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif

#define INLINE static inline __attribute__((always_inline))

typedef float Vector __attribute__((vector_size(4 * LANES)));
typedef int32_t Integers __attribute__((vector_size(4 * LANES)));
typedef uint32_t Unsigned __attribute__((vector_size(4 * LANES)));

/* What a row is multiplied by in one go: two vectors of columns. */
enum { TILE = 2 * LANES };

INLINE int64_t smaller(int64_t one, int64_t other) { return one < other ? one : other; }
INLINE int64_t larger(int64_t one, int64_t other) { return one < other ? other : one; }
INLINE int64_t divided_up(int64_t number, int64_t by) { return (number + by - 1) / by; }
INLINE int64_t rounded_up(int64_t number, int64_t to) { return divided_up(number, to) * to; }

INLINE Vector load(const float *at) {
    Vector v;
    memcpy(&v, at, sizeof v);
    return v;
}

INLINE Vector load_integers(const int32_t *at) {
    Integers v;
    memcpy(&v, at, sizeof v);
    return __builtin_convertvector(v, Vector);
}

INLINE void store(float *at, Vector v) { memcpy(at, &v, sizeof v); }

INLINE Vector all(float x) { return x - (Vector){0}; }

INLINE Integers all_integers(int32_t x) { return x - (Integers){0}; }

/* Where `condition` is all ones, from `one`; elsewhere from `other`. */
INLINE Vector choose(Integers condition, Vector one, Vector other) {
    return (Vector)((condition & (Integers)one) | (~condition & (Integers)other));
}

INLINE Vector greater(Vector one, Vector other) { return choose(one > other, one, other); }

INLINE Vector absolute(Vector v) { return (Vector)((Integers)v & all_integers(0x7fffffff)); }

/* Of all lanes: their sum, the greatest, and whether a condition holds in one of them. */
#if defined(__AVX512F__)
INLINE float sum_of(Vector v) { return _mm512_reduce_add_ps((__m512)v); }

INLINE float greatest_of(Vector v) { return _mm512_reduce_max_ps((__m512)v); }

INLINE int any(Integers condition) {
    return _mm512_test_epi32_mask((__m512i)condition, (__m512i)condition) != 0;
}
#elif defined(__AVX__)
INLINE float sum_of(Vector v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

INLINE float greatest_of(Vector v) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

INLINE int any(Integers condition) { return _mm256_movemask_ps((__m256)condition) != 0; }
#else
INLINE float sum_of(Vector v) {
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += v[i];
    return sum;
}

INLINE float greatest_of(Vector v) {
    float greatest = v[0];
    for (int i = 1; i < LANES; i++) greatest = v[i] > greatest ? v[i] : greatest;
    return greatest;
}

INLINE int any(Integers condition) {
    int32_t some = 0;
    for (int i = 0; i < LANES; i++) some |= condition[i];
    return some != 0;
}
#endif

/* exp(x) within 2e-6 of its size: 2 to the whole part, times a polynomial of the rest. Below -87 it is about
 * 1e-38 instead of less, for softmax as good as 0. What is no number stays none. */
INLINE Vector exponential(Vector x) {
    const Vector bounded = greater(choose(x < all(88.0f), x, all(88.0f)), all(-87.0f));
    const Vector x2 = bounded * all(1.44269504088896341f);
    /* Adding and taking away 1.5 * 2^23 rounds to a whole number. */
    const Vector magic = all(12582912.0f);
    const Vector shifted = x2 + magic;
    const Vector rest = x2 - (shifted - magic);
    Vector y = all(1.535336188319500e-4f);
    y = y * rest + all(1.339887440266574e-3f);
    y = y * rest + all(9.618437357674640e-3f);
    y = y * rest + all(5.550332471162809e-2f);
    y = y * rest + all(2.402264791363012e-1f);
    y = y * rest + all(6.931472028550421e-1f);
    y = y * rest + all(1.0f);
    return choose(x == x, (Vector)((Integers)y + ((Integers)shifted << 23)), x);
}

INLINE Vector logistic(Vector x) { return all(1.0f) / (all(1.0f) + exponential(-x)); }

INLINE Vector hyperbolic_tangent(Vector x) { return all(2.0f) * logistic(x + x) - all(1.0f); }

/* Within 5e-7: Abramowitz and Stegun, 7.1.26. */
INLINE Vector error_function(Vector x) {
    const Vector size = absolute(x);
    const Vector t = all(1.0f) / (all(1.0f) + all(0.3275911f) * size);
    Vector y = all(1.061405429f);
    y = y * t + all(-1.453152027f);
    y = y * t + all(1.421413741f);
    y = y * t + all(-0.284496736f);
    y = y * t + all(0.254829592f);
    const Vector found = all(1.0f) - y * t * exponential(-size * size);
    return choose(x < all(0.0f), -found, found);
}

#endif
