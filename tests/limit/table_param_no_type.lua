--! params.a.type: '' is not known
return { kind = 'target', title = 'x', params = { a = {} }, loss = function(t) end }
