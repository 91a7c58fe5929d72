--! 'dofile' is not defined
dofile('/etc/passwd')
