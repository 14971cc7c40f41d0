"""Who lives in an installation that clients are sent to."""

PEOPLE = ("ada", "bruno", "clio", "olga")
STAFF = "olga"
PASSWORD = "open, said the stoa"
