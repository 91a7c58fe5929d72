--! params.a.min: 2 is above max, 1
return { kind = 'target', title = 'x', params = { a = { type = 'number', min = 2, max = 1 } }, loss = function(t) end }
