--! params.a.type: 'nubmer' is not known
return { kind = 'target', title = 'x', params = { a = { type = 'nubmer' } }, loss = function(t) end }
