"""Pages for analysts and administrators."""
