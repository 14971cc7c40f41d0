"""What the community says over HTTP: discussions of contests."""
