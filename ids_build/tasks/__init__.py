"""One use case a file, under the name of its command."""
