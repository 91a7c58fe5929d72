return {
    title = "kinds by size",
    cite = { "The rule book, 2nd edition" },
    rules = {
        { id = "small", text = "small ones are of kind 0", vote = function(row)
            if row.size < 2 then return class(0) end
        end },
        { id = "heavy", text = "heavy ones are not", cite = "rule 7", depends = { "small" }, vote = function(row)
            if row.weight > 2 then return not_class(0) end
        end },
    },
}
