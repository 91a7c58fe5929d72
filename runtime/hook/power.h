// power.h -- the operator ^, of numbers and of tensors, the same bits on every machine.
//
// lua_text.h says how it comes here: a script's `a ^ b` is a ^ (__power ^ b). The object __power
// makes an exponent of b; a ^ exponent is computed here.
#ifndef W2S_POWER_H
#define W2S_POWER_H

#include <lua5.4/lauxlib.h>
#include <stdint.h>

// Registers the metatables and sets the global __power in the table on the top of the stack.
void power_register(lua_State *L);

int power_operator(lua_State *L); // __pow of tensors, of __power, and of exponents

// a ^ b for numbers: whole exponents up to 1024 by multiplication, others as exp(b log a), where a
// negative a gives NaN.
double power_of_numbers(double a, double b);

// Pushes the tensor x ^ e for the values at two stack places, one of them a tensor.
int power_of_tensors(lua_State *L, int x, int e);

#endif
