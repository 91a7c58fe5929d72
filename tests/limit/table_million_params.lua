--! 
local p = {}
for i = 1, 1000000 do p["p" .. i] = { type = "number" } end
return { kind = "target", title = "x", params = p, loss = function(t) end }
