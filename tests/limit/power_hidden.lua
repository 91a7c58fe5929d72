--! '__power' is not available
local __power = 1
