"""What every room speaks: refusals, lists, keys, limits, audit. It knows no room."""
