--! t.student.hidden has no layer 7, it has 1
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return t.student.hidden[7]
    end,
}
