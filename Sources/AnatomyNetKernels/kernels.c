/* The one place that picks an instruction set. */

#include "anatomynet_kernels.h"

extern const ank_kernels ank_portable_kernels;
#if defined(__x86_64__)
extern const ank_kernels ank_avx2_kernels;
extern const ank_kernels ank_avx512_kernels;
#endif

/* What both the processor and the operating system (which must save the registers) support:
 * the compiler's builtin asks both. */
static int32_t best_instruction_set(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")) {
            return ANK_AVX512;
        }
        return ANK_AVX2;
    }
#endif
    return ANK_PORTABLE;
}

const ank_kernels *ank_kernels_for(int32_t instruction_set) {
    int32_t best = best_instruction_set();
    int32_t wanted = instruction_set == 0 ? best : instruction_set;
    if (wanted > best) return NULL;
    switch (wanted) {
    case ANK_PORTABLE: return &ank_portable_kernels;
#if defined(__x86_64__)
    case ANK_AVX2: return &ank_avx2_kernels;
    case ANK_AVX512: return &ank_avx512_kernels;
#endif
    default: return NULL;
    }
}
