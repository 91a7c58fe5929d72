--! 
local s = string.format(string.rep('%s', 1e5))
