"""Pages for everyone."""
