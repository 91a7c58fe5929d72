--! the global 'x' cannot be assigned
x = 1
