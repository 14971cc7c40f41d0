"""Has models answer people, and tells how sure the answers are; all of it in the walls."""
