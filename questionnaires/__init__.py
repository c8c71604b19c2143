"""What is asked, how it is scored, what was promised: data files, and the only code that reads them."""
