--! '_ENV' is not available
local _ENV = {}
