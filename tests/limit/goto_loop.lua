--! stopped
::again:: goto again
