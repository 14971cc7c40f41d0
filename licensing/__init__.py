"""Terms, rights and money: works, offers, orders, the ledger; no datasets, no contests."""
