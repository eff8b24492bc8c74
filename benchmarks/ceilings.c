/* The most that a core can do: products of numbers that are in its registers already, and numbers from memory. */
#include "products.h"

/* Keeps the compiler from taking a product that was made before. */
#define AS_IF_NEW(vector) __asm__ volatile("" : "+x"(vector))

#define TURN_OVER(KIND, DOT) \
    { \
        KIND sums[BLOCK][2] = {{{0}}}; \
        Integers row = {0}, columns[2] = {{0}}; \
        for (int64_t turn = 0; turn < turns; turn++) { \
            AS_IF_NEW(columns[0]); \
            AS_IF_NEW(columns[1]); \
            for (int r = 0; r < BLOCK; r++) { \
                AS_IF_NEW(row); \
                sums[r][0] = DOT(sums[r][0], row, columns[0]); \
                sums[r][1] = DOT(sums[r][1], row, columns[1]); \
            } \
        } \
        for (int r = 0; r < BLOCK; r++) kept += ((Vector)sums[r][0])[0] + ((Vector)sums[r][1])[0]; \
    }

/* Multiply and add; gives how many operations were made. */
double multiply_in_registers(int64_t type, int64_t turns, float *out) {
    float kept = 0;
    if (type == FLOAT32) TURN_OVER(Vector, dot_float32)
    else if (type == BFLOAT16) TURN_OVER(Vector, dot_bfloat16)
    else TURN_OVER(Integers, dot_int8)
    *out += kept;
    return 2.0 * BLOCK * 2.0 * LANES * (double)(1 << type) * (double)turns;
}

/* Add up what lies in memory. */
void read_memory(const float *numbers, int64_t count, float *out) {
    Vector sums[4] = {{0}};
    for (int64_t i = 0; i < count / (4 * LANES); i++)
        for (int part = 0; part < 4; part++) sums[part] += load(numbers + (4 * i + part) * LANES);
    *out += sum_of(sums[0] + sums[1] + sums[2] + sums[3]);
}
