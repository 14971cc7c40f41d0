"""Pages about what is held on people."""
