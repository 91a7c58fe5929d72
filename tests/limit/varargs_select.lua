--! 
local function f(...)
    if select('#', ...) < 100000 then return f(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...) end
    while true do local n = select('#', ...) end
end
f()
