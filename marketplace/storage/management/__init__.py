"""What an operator does to what is stored, at the command line."""
