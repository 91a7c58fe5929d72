--! order: there is no param 'c'
return { kind = 'target', title = 'x', params = { a = { type = 'number' }, b = { type = 'number' } }, order = { 'a', 'c' }, loss = function(t) end }
