"""All tests: unit mirrors the package, architecture holds its laws."""
