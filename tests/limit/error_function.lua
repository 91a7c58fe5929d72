--! error raised with a function for a message
error(function() end)
