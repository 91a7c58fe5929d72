--! fields have names, found the key 1
return { 'target', title = 'x', loss = function(t) end }
