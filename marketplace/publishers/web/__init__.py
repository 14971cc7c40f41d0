"""Pages of trusted publishers."""
