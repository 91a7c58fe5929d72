--! 'print' is not defined
print('x')
