--! 'loadfile' is not defined
loadfile('/etc/passwd')
