--! params.a.default: 3 is not in 0..1
return { kind = 'target', title = 'x', params = { a = { type = 'number', min = 0, max = 1, default = 3 } }, loss = function(t) end }
