"""Transformers that you can train, run and see."""
