--! kind: 'targt' is not known
return { kind = 'targt', title = 'x', loss = function(t) end }
