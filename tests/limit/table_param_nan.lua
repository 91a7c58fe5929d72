--! params.a.default: it is NaN
return { kind = 'target', title = 'x', params = { a = { type = 'number', default = 0/0 } }, loss = function(t) end }
