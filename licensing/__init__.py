"""Terms, rights and money: works, offers, orders, the ledger; never datasets or contests."""
