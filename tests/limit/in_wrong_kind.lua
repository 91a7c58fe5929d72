--! t.scores is not there in a loss of kind 'regularizer'
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return t.scores
    end,
}
