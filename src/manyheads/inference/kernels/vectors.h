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

/* All ones in so many lanes from the first. */
INLINE Integers first_lanes(int64_t count) {
    Integers lanes;
    for (int i = 0; i < LANES; i++) lanes[i] = i;
    return lanes < all_integers((int32_t)count);
}

/* The greater and the lesser of two; the other, where one of them is no number. */
#if defined(__AVX512F__)
INLINE Vector greater(Vector one, Vector other) { return (Vector)_mm512_max_ps((__m512)one, (__m512)other); }

INLINE Vector lesser(Vector one, Vector other) { return (Vector)_mm512_min_ps((__m512)one, (__m512)other); }
#elif defined(__AVX__)
INLINE Vector greater(Vector one, Vector other) { return (Vector)_mm256_max_ps((__m256)one, (__m256)other); }

INLINE Vector lesser(Vector one, Vector other) { return (Vector)_mm256_min_ps((__m256)one, (__m256)other); }
#else
INLINE Vector greater(Vector one, Vector other) { return choose(one > other, one, other); }

INLINE Vector lesser(Vector one, Vector other) { return choose(one < other, one, other); }
#endif

INLINE Vector absolute(Vector v) { return (Vector)((Integers)v & all_integers(0x7fffffff)); }

/* Of all lanes: their sum, the greatest, and in how many a condition holds. */
#if defined(__AVX512F__)
INLINE float sum_of(Vector v) { return _mm512_reduce_add_ps((__m512)v); }

INLINE float greatest_of(Vector v) { return _mm512_reduce_max_ps((__m512)v); }

INLINE int count_of(Integers condition) {
    return __builtin_popcount(_mm512_test_epi32_mask((__m512i)condition, (__m512i)condition));
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

INLINE int count_of(Integers condition) { return __builtin_popcount(_mm256_movemask_ps((__m256)condition)); }
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

INLINE int count_of(Integers condition) {
    int count = 0;
    for (int i = 0; i < LANES; i++) count -= condition[i];
    return count;
}
#endif

/* exp(x) within 2e-6 of its size: 2 to the whole part, times a polynomial of the rest. Below -80 it is about
 * 1e-35 instead of less, for softmax as good as 0, and nowhere too small to be calculated fast. What is no number
 * stays none. */
INLINE Vector exponential(Vector x) {
    const Vector x2 = greater(all(-80.0f), lesser(all(88.0f), x)) * all(1.44269504088896341f);
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
    return y * (Vector)(((Integers)shifted << 23) + (Integers)all(1.0f));
}

INLINE Vector logistic(Vector x) { return all(1.0f) / (all(1.0f) + exponential(-x)); }

INLINE Vector hyperbolic_tangent(Vector x) { return all(2.0f) * logistic(x + x) - all(1.0f); }

/* x times the share of a normal distribution below x, within 5e-7: of an x above 0 only what is missing, |x| times
 * the share above |x|, is a polynomial, made for this by least squares whose weights follow the error. It is as
 * good as 0 from 5.5 on. */
INLINE Vector gelu(Vector x) {
    const Vector size = lesser(all(5.5f), absolute(x));
    const Vector z = size * all(2.0f / 5.5f) - all(1.0f);
    Vector y = all(-5.580565426e-3f);
    y = y * z + all(5.327596329e-3f);
    y = y * z + all(3.013113886e-2f);
    y = y * z + all(-4.350794107e-2f);
    y = y * z + all(-4.907520488e-2f);
    y = y * z + all(1.332054436e-1f);
    y = y * z + all(-3.492515162e-2f);
    y = y * z + all(-1.630588472e-1f);
    y = y * z + all(2.184348106e-1f);
    y = y * z + all(-5.139721930e-2f);
    y = y * z + all(-1.771654040e-1f);
    y = y * z + all(2.718897462e-1f);
    y = y * z + all(-2.068080455e-1f);
    y = y * z + all(9.455793351e-2f);
    y = y * z + all(-2.500806190e-2f);
    y = y * z + all(2.979774261e-3f);
    return greater(all(0), x) - size * y;
}

#endif
