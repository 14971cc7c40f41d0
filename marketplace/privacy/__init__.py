"""What is held on people: told, copied for them, erased, and forgotten in time."""
