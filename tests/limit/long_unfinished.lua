--! unfinished long
local x = [==[ abc ]=]
