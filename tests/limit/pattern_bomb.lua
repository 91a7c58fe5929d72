--! attempt to call a nil value (field 'match')
local m = string.match(string.rep('a', 1e5), string.rep('a-', 1e4) .. 'b')
