"""Whole runs as TOML, found by name, and the schema that they are checked against."""
