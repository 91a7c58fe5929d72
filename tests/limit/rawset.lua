--! 'rawset' is not defined
rawset(string, 'x', 1)
