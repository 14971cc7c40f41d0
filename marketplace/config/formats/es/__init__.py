"""How numbers are written in Spanish."""
