--! reads: expected a list
return { kind = 'target', title = 'x', reads = { labels = true }, loss = function(t) end }
