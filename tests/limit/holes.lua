--! expected the file to return a table
local t = {}
t[1e9] = 1
t[2^53] = 1
local n = #t
