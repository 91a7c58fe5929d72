--! eager: only for the kinds
return { kind = 'preference', title = 'x', eager = function(v) end }
