"""Training without code, within the walls: a table becomes numbers, numbers a model."""
