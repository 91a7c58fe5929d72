--! 'package' is not defined
package.loadlib('x', 'y')
