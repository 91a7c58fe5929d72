--! unpack: more than 250 values
local t = {}
for i = 1, 1e5 do t[i] = 0x7fffffff end
local s = utf8.char(table.unpack(t))
