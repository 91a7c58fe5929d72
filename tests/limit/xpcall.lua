--! 'xpcall' is not defined
xpcall(error, function() while true do end end)
