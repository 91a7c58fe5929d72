--! field: 'titel' is not known
return { kind = 'target', titel = 'x', loss = function(t) end }
