--! params.a.default: expected true or false, found a number
return { kind = 'target', title = 'x', params = { a = { type = 'bool', default = 1 } }, loss = function(t) end }
