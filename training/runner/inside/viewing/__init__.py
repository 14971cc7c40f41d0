"""What reads files of datasets within the walls, and writes them anew as Parquet."""
