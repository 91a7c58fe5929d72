--! params.a.default: expected a whole number, found 1.5
return { kind = 'target', title = 'x', params = { a = { type = 'whole', default = 1.5 } }, loss = function(t) end }
