--! error raised with a table for a message
assert(false, {})
