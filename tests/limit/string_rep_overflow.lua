--! rep: a string of more than
local s = ('x'):rep(math.maxinteger, ('y'):rep(1000))
