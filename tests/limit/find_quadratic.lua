--! stopped
local a = string.rep('a', 1e6)
local b = string.rep('a', 5e5) .. 'b'
while true do a:find(b) end
