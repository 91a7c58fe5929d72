--! 
-- much garbage, little alive
local keep = {}
for i = 1, 350000 do keep[i] = { i } end
while true do
    local t = {}
    for i = 1, 100 do t[i] = { i } end
end
