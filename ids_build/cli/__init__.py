"""The terminal door: the only rooms that know click and the environment."""
