"""JSON of trusted publishers."""
