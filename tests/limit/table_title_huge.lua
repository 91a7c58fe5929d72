--! title: a text of 1000000 bytes, at most 200 are allowed
return { kind = 'target', title = string.rep('x', 1e6), loss = function(t) end }
