"""Trusted publishers: jobs of CI that commit to a repository without a stored token."""
