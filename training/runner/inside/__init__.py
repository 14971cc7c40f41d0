"""What runs within the walls, with a job's interpreter and little else in reach."""
