--! 
local function f() return pcall(f) end
local ok, why = f()
error(why)
