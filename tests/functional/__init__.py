"""The command line, tried on toy projects and on the shipped one."""
