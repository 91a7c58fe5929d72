--! stopped
local a = string.rep('x', 1e6)
while true do local b = a .. 'y' end
