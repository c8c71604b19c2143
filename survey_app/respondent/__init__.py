"""What a business sees: no account, two secrets in one cookie, plain forms."""
