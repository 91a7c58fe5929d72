--! needs more than 64 MiB
local t = {}
local s = string.rep('x', 1e4)
for i = 1, 1e5 do t[i] = s end
local all = table.concat(t)
