"""Terms, rights and money: works, offers, orders, ledger; no datasets or contests."""
