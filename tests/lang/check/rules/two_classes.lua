return {
    title = "names for two classes",
    classes = { "no", "yes" },
    rules = {
        { id = "a", text = "always yes", vote = function(row) return class("yes") end },
    },
}
