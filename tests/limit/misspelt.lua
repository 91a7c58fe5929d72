--! 'log_sofmax' is not defined
local f = log_sofmax
