"""What an offer adds to its licence, in the words that people accept. Pure."""

from dataclasses import replace

from licensing.conditions import Conditions

FOR_WHOM = {
    "EVERYONE": "",
    "RESEARCH": "for research and teaching, and for nothing else",
    "COMMERCE": "for commercial use, and for any other that its licence allows",
}
KEPT = "Whoever ordered this on earlier terms keeps what those gave."


def words_of(*, audience: str, conditions: Conditions | None = None) -> str:
    """Return the terms of the offer's own; empty if its licence is all there is.

    The same facts always give the same words, so that nobody is asked twice. That it may
    be tried, and what is a sample, binds nobody who orders it.

    Args:
        audience: one of `Audience`.
        conditions: what is said beside the licence.
    """
    said = replace(conditions or Conditions(), trial_days=None, sample=())
    lines = []
    if FOR_WHOM[audience]:
        lines.append(f"This offer gives the work {FOR_WHOM[audience]}.")
    if said != Conditions():
        lines += [*said.told(), KEPT]
    return "".join(f"{line}\n" for line in lines)
