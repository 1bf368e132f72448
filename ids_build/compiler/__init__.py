"""The wing that turns project files into a Graph."""
