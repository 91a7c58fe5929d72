--! params: 'a b' is no name
return { kind = 'target', title = 'x', params = { ['a b'] = { type = 'number' } }, loss = function(t) end }
