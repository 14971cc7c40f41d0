"""Pages of tables: rows to page through, what was found in them, two versions compared."""
