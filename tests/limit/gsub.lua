--! attempt to call a nil value (method 'gsub')
local s = ('x'):gsub('.', 'y')
