--! params.a.default: more than 1000 items
local list = {}
for i = 1, 100000 do list[i] = i end
return { kind = "target", title = "x", params = { a = { type = "numbers", default = list } }, loss = function(t) end }
