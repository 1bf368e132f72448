"""ids_build: SQL models over register files, compiled to a graph and run on DataFusion."""

__version__ = "0.1.0"
