"""The sender as a process, killed."""
