return {
    title = "a field that does not exist",
    rules = {
        { id = "a", text = "b", vot = function(row) end },
    },
}
