"""The thirty invariants of rights and money: each is a test whose name has its number."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
INVARIANTS = {
    1: "each entry sums to zero in each currency",
    2: "entries and lines are never changed or deleted",
    3: "the same key with the same content is nothing, with other content an error",
    4: "the parts of a split are exact in sum and within one unit",
    5: "the order of parties changes nothing",
    6: "nobody gives back more than they were paid",
    7: "refunded whole, by any steps, nobody holds anything",
    8: "no more is refunded than was paid",
    9: "no more is paid out than is owed, and a later refund is the only debt",
    10: "shares make a whole, and hold once everyone has agreed",
    11: "an order's money never changes when shares or prices do",
    12: "the k-th order is free if and only if k is at most N, at once too",
    13: "the price at a moment is a function of the history alone",
    14: "a discount is at most the price, and its uses at most its maximum",
    15: "any order and multiplicity of messages ends in one state",
    16: "a crash after any step and a retry end in one state",
    17: "an entitlement lives as its order does",
    18: "no byte leaves without an entitlement and the words of now accepted",
    19: "no more seats are used than were bought",
    20: "invoices are numbered without a gap, and agree with the ledger",
    21: "lineage has no cycle",
    22: "the engine is monotone, loses no duty, and denies what it has not read",
    23: "each offer has its verdict, or a person's recorded decision",
    24: "a bundle holds each parent's duties",
    25: "amounts read back in the places of their currency",
    26: "nothing is confirmed by hand without reference, amount, date and actor",
    27: "the audit chain verifies, and a row taken out breaks it",
    28: "orders, agreements and books outlive an account",
    29: "platform, owners, tax and what is held make the cash",
    30: "ODRL and Croissant parse, and say what the grid says",
}


def numbered():
    """Return the numbers that the names of tests begin with: `test_invariant_7_…`."""
    return {
        int(number)
        for file in TESTS.rglob("test_*.py")
        for number in re.findall(r"(?m)^def test_invariant_(\d+)_", file.read_text())
    }


def test_each_of_the_thirty_is_a_test_by_its_number():
    assert list(INVARIANTS) == list(range(1, 31))
    assert numbered() == INVARIANTS.keys()
