--! 'require' is not defined
local io = require('io')
