// cmocka_first.h -- what cmocka.h needs before it, for every test program.
#ifndef W2S_CMOCKA_FIRST_H
#define W2S_CMOCKA_FIRST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
