// fp.c -- the floating-point control register: rounding to nearest, denormals kept. Exception masks
// and sticky flags are left alone, since neither can change a result.
#include "kernel/kernel.h"

#if defined(__x86_64__)

#include <xmmintrin.h>

enum { MXCSR_DAZ = 0x0040, MXCSR_ROUNDING = 0x6000, MXCSR_FTZ = 0x8000 };
enum { MXCSR_PINNED = MXCSR_DAZ | MXCSR_ROUNDING | MXCSR_FTZ };

void kernel_fp_pin(void)
{
    _mm_setcsr(_mm_getcsr() & ~(unsigned)MXCSR_PINNED);
}

bool kernel_fp_is_pinned(void)
{
    return (_mm_getcsr() & MXCSR_PINNED) == 0;
}

#elif defined(__aarch64__)

// FIZ, AH, NEP (bits 0-2) and FZ16, RMode, FZ (19, 22-23, 24) and DN (25: NaNs need not be
// default).
static const uint64_t fpcr_pinned = 0x7u | 1u << 19 | 3u << 22 | 1u << 24 | 1u << 25;

static uint64_t fpcr_get(void)
{
    uint64_t x;
    __asm__ volatile("mrs %0, fpcr" : "=r"(x));
    return x;
}

void kernel_fp_pin(void)
{
    uint64_t x = fpcr_get() & ~fpcr_pinned;
    __asm__ volatile("msr fpcr, %0" : : "r"(x));
}

bool kernel_fp_is_pinned(void)
{
    return (fpcr_get() & fpcr_pinned) == 0;
}

#else

void kernel_fp_pin(void)
{
}

bool kernel_fp_is_pinned(void)
{
    return true;
}

#endif
