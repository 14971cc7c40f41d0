"""What an operator does to accounts at the command line."""
