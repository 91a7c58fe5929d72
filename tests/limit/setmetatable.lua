--! 'setmetatable' is not defined
setmetatable({}, { __gc = function() while true do end end })
