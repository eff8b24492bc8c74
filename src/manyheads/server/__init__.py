"""Models over HTTP: what the explorer's live page asks for."""
