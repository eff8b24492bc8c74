/* The instructions of AVX-512 that the kernels name, in plain loops, by Intel's description of each: the code
 * that is for such processors runs, slowly, on any x86. Included before a kernel's first line. With PLAIN it is
 * a processor that has neither bfloat16 nor VNNI.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define EMULATED static inline __attribute__((always_inline))

#undef __AVX512F__
#undef __AVX512BW__
#undef __AVX512BF16__
#undef __AVX512VNNI__
#define __AVX512F__ 1
#define __AVX512BW__ 1
#if !defined(PLAIN)
#define __AVX512BF16__ 1
#define __AVX512VNNI__ 1
#endif

typedef float Floats16 __attribute__((vector_size(64)));
typedef int32_t Words16 __attribute__((vector_size(64)));
typedef int16_t Shorts32 __attribute__((vector_size(64)));
typedef int8_t Bytes64 __attribute__((vector_size(64)));
typedef uint8_t Unsigned64 __attribute__((vector_size(64)));

EMULATED int16_t saturated(int32_t x) { return (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x); }

EMULATED float emulated_reduce_add(Floats16 v) {
    float sum = 0;
    for (int i = 0; i < 16; i++) sum += v[i];
    return sum;
}
#define _mm512_reduce_add_ps(v) emulated_reduce_add((Floats16)(v))

EMULATED float emulated_reduce_max(Floats16 v) {
    float greatest = v[0];
    for (int i = 1; i < 16; i++) greatest = v[i] > greatest ? v[i] : greatest;
    return greatest;
}
#define _mm512_reduce_max_ps(v) emulated_reduce_max((Floats16)(v))

/* The second of the two, where one of them is no number. */
EMULATED Floats16 emulated_max(Floats16 a, Floats16 b) {
    for (int i = 0; i < 16; i++) a[i] = a[i] > b[i] ? a[i] : b[i];
    return a;
}
#define _mm512_max_ps(a, b) emulated_max((Floats16)(a), (Floats16)(b))

EMULATED Floats16 emulated_min(Floats16 a, Floats16 b) {
    for (int i = 0; i < 16; i++) a[i] = a[i] < b[i] ? a[i] : b[i];
    return a;
}
#define _mm512_min_ps(a, b) emulated_min((Floats16)(a), (Floats16)(b))

EMULATED uint16_t emulated_test(Words16 a, Words16 b) {
    uint16_t mask = 0;
    for (int i = 0; i < 16; i++) mask |= (uint16_t)(((a[i] & b[i]) != 0) << i);
    return mask;
}
#define _mm512_test_epi32_mask(a, b) emulated_test((Words16)(a), (Words16)(b))

/* Two bfloat16 of each, the upper one first, as the processor does it; it takes what is nearly zero for zero. */
EMULATED float of_bfloat16(uint32_t bits) {
    float x;
    if ((bits & 0x7f800000u) == 0) bits &= 0x80000000u;
    memcpy(&x, &bits, sizeof x);
    return x;
}

EMULATED Floats16 emulated_dpbf16(Floats16 sum, Words16 a, Words16 b) {
    for (int i = 0; i < 16; i++) {
        const uint32_t one = (uint32_t)a[i], other = (uint32_t)b[i];
        sum[i] += of_bfloat16(one & 0xffff0000u) * of_bfloat16(other & 0xffff0000u);
        sum[i] += of_bfloat16(one << 16) * of_bfloat16(other << 16);
    }
    return sum;
}
#define __m512bh Words16
#define _mm512_dpbf16_ps(sum, a, b) emulated_dpbf16((Floats16)(sum), a, b)

/* Four bytes without sign of `a` times four with sign of `b`. */
EMULATED Words16 emulated_dpbusd(Words16 sum, Unsigned64 a, Bytes64 b) {
    for (int i = 0; i < 64; i++) sum[i / 4] += (int32_t)a[i] * (int32_t)b[i];
    return sum;
}
#define _mm512_dpbusd_epi32(sum, a, b) emulated_dpbusd((Words16)(sum), (Unsigned64)(a), (Bytes64)(b))

EMULATED Shorts32 emulated_maddubs(Unsigned64 a, Bytes64 b) {
    Shorts32 sums;
    for (int i = 0; i < 32; i++) sums[i] = saturated(a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1]);
    return sums;
}
#define _mm512_maddubs_epi16(a, b) (__m512i)(emulated_maddubs((Unsigned64)(a), (Bytes64)(b)))

EMULATED Words16 emulated_madd(Shorts32 a, Shorts32 b) {
    Words16 sums;
    for (int i = 0; i < 16; i++) sums[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
    return sums;
}
#define _mm512_madd_epi16(a, b) (__m512i)(emulated_madd((Shorts32)(a), (Shorts32)(b)))

EMULATED Shorts32 emulated_set1(int16_t x) { return x - (Shorts32){0}; }
#define _mm512_set1_epi16(x) (__m512i)(emulated_set1(x))
