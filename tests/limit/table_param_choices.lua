--! params.a.choices: an empty word
return { kind = 'target', title = 'x', params = { a = { type = 'choice', choices = 'a||b' } }, loss = function(t) end }
