--! both loss and eager are there
return { kind = 'target', title = 'x', loss = function(t) end, eager = function(v) end }
