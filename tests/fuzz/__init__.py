"""Requests that no browser sends, from requests that one does: see `mutate` and `run`."""
