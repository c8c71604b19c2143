"""The rules, by subject: plain functions with the session first; they flush and never commit, and know no Flask."""
