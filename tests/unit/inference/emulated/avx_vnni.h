/* The one instruction of AVX-VNNI that the kernels name, in a plain loop, by Intel's description: the code that is
 * for such processors runs, slowly, on any that has AVX2. Included before a kernel's first line.
 */
#include <immintrin.h>
#include <stdint.h>

#undef __AVX512F__
#undef __AVXVNNI__
#define __AVXVNNI__ 1

typedef int32_t Words8 __attribute__((vector_size(32)));
typedef int8_t Bytes32 __attribute__((vector_size(32)));
typedef uint8_t Unsigned32 __attribute__((vector_size(32)));

/* Four bytes without sign of `a` times four with sign of `b`. */
static inline Words8 emulated_dpbusd(Words8 sum, Unsigned32 a, Bytes32 b) {
    for (int i = 0; i < 32; i++) sum[i / 4] += (int32_t)a[i] * (int32_t)b[i];
    return sum;
}
#define _mm256_dpbusd_avx_epi32(sum, a, b) emulated_dpbusd((Words8)(sum), (Unsigned32)(a), (Bytes32)(b))
