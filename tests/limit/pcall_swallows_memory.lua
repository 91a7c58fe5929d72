--! needs more than 64 MiB
pcall(function()
    local t = {}
    for i = 1, 1e9 do t[i] = { i } end
end)
return { kind = 'regularizer', title = 'x', loss = function(t) return 0 end }
