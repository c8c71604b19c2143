"""What the answers say: data frames in, data frames out; no web and no database."""
