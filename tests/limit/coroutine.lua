--! 'coroutine' is not defined
coroutine.wrap(function() end)
