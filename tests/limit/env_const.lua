--! '_ENV' is not available
local _ENV <const> = 'x'; y = 1
