--! stopped
local t = {}
for i = 1, 1e6 do t[i] = i end
for k in pairs(t) do end
