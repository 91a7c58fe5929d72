--! kind: absent
return { title = 'x', loss = function(t) end }
