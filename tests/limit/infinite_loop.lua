--! stopped: the script ran for too long
while true do end
