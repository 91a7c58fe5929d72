--! expected the file to return a table
local s = string.rep('', 1e15)
