"""Has files of datasets read within the walls, and takes the tables that come of it."""
