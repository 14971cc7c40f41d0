"""Pages: what is used, what it costs, budgets."""
