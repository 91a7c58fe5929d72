--! params.a.max: expected a number in -1e30..1e30
return { kind = 'target', title = 'x', params = { a = { type = 'number', max = math.huge } }, loss = function(t) end }
