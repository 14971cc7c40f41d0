"""What an offer adds to its licence, in the words that people accept. Pure."""

FOR_WHOM = {
    "EVERYONE": "",
    "RESEARCH": "for research and teaching, and for nothing else",
    "COMMERCE": "for commercial use, and for any other that its licence allows",
}


def words_of(*, audience: str) -> str:
    """Return the terms of the offer's own; empty if its licence is all there is.

    The same facts always give the same words, so that nobody is asked twice.

    Args:
        audience: one of `Audience`.
    """
    if not FOR_WHOM[audience]:
        return ""
    return f"This offer gives the work {FOR_WHOM[audience]}.\n"
