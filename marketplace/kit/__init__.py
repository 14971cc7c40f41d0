"""What every room speaks: refusals, pages of lists, keys, limits, audit. It knows no room."""
