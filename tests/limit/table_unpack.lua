--! unpack: more than 250 values
local a = table.unpack({}, 1, 1e8)
