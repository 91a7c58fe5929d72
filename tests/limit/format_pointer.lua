--! '%p' is not available
local s = string.format('%-20p', {})
