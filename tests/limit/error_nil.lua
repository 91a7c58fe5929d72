--! error raised with nil for a message
error(nil)
