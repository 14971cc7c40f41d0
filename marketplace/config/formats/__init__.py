"""How numbers are written in each language that the site speaks."""
