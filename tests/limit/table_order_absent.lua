--! order: absent, and there are 2 params
return { kind = 'target', title = 'x', params = { a = { type = 'number' }, b = { type = 'number' } }, loss = function(t) end }
