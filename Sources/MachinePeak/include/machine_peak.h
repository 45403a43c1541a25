/* What a machine can do at most, measured: the yardstick of `anatomynet-demo bench`. */
#ifndef MACHINE_PEAK_H
#define MACHINE_PEAK_H

#include <stdint.h>

/* float32 multiplications with addition a second, of `threads` threads that do nothing else, by the
 * instructions of a set: 1 the platform's baseline, 2 AVX2 and FMA, 3 AVX-512. The machine must have
 * them. 0: no memory or no threads. Takes a fifth of a second. */
double machine_peak_multiply_adds(int32_t instruction_set, int32_t threads);

/* Bytes read and written a second by `threads` threads that copy memory far larger than any cache;
 * 0: no memory or no threads. */
double machine_peak_copied_bytes(int32_t threads);

#endif
