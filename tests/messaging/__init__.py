"""Messages on their way out and back: real servers, and a sender that is killed."""
