--! params.a.default: 'c' is none of a|b
return { kind = 'target', title = 'x', params = { a = { type = 'choice', choices = 'a|b', default = 'c' } }, loss = function(t) end }
