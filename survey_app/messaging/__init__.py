"""Messages on their way out and back: SMTP, the gateway, bounces, and how a firm stops them."""
