"""The wing that turns nouns into words and files."""
