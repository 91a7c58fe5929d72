--! title: absent
return { kind = 'target', loss = function(t) end }
