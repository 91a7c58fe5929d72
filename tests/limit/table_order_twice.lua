--! order: 'a' twice
return { kind = 'target', title = 'x', params = { a = { type = 'number' }, b = { type = 'number' } }, order = { 'a', 'a' }, loss = function(t) end }
