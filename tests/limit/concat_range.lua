--! stopped
local s = table.concat({ '' }, '', 1, 1e15)
