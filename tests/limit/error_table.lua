--! error raised with a table for a message
error({ 'text' })
