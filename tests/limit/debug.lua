--! 'debug' is not defined
debug.sethook()
