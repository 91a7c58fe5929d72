--! 'collectgarbage' is not defined
collectgarbage()
