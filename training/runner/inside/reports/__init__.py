"""Programs that ask models and look at rows, for reports."""
