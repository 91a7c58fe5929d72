--! order: 1 names for 2 params
return { kind = 'target', title = 'x', params = { a = { type = 'number' }, b = { type = 'number' } }, order = { 'a' }, loss = function(t) end }
