--! rep: a string of more than 1048576 bytes
local s = string.rep('x', 1e9)
