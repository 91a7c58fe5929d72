--! stopped
return {
    kind = "regularizer",
    title = "hostile",
    loss = function(t)
        local x = t.progress
        for i = 1, 100000 do
            x = x * 0.5 + i
        end
        while true do
            local slope = grad(x, t.progress)
        end
    end,
}
