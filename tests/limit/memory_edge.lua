--! 
-- lives at the edge of its memory, so that every allocation collects garbage
local keep = {}
pcall(function()
    for i = 1, 1e9 do keep[i] = { i } end
end)
while true do local s = string.rep('x', 1e6) end
