return {
    title = "everything is a zero",
    rules = { { id = "zero", text = "everything is a zero", vote = function(row) return class(0) end } },
}
