--! stopped
local a, b = string.rep('x', 1e6) .. 'a', string.rep('x', 1e6) .. 'b'
while a < b do end
