--! 'load' is not defined
load('return 1')()
