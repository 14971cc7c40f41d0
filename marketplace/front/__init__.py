"""Pages that show several rooms: home, search, dashboards; it owns nothing."""
