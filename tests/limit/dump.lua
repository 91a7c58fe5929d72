--! attempt to call a nil value (field 'dump')
local x = string.dump(function() end)
