--! title: expected a string, found a table
return { kind = 'target', title = {}, loss = function(t) end }
