--! reads: 'label' is not known
return { kind = 'target', title = 'x', reads = { 'label' }, loss = function(t) end }
