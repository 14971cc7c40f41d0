"""People, organisations, the names they own, and the tokens their programs carry."""
