"""The wing that turns a Graph into a Plan."""
