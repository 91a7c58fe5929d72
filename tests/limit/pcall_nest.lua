--! stopped
local function nest() while true do pcall(nest) end end
nest()
