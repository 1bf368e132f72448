"""The wing that turns a Plan into Results; the only one that sees data."""
