"""What maintainers run: checks, setting up, pictures. Not part of the product."""
