"""Words somebody still types, as a query of PostgreSQL. Pure."""

SHORTEST_PREFIX = 2


def prefix_query(text: str) -> str:
    """Return plain words as a `to_tsquery` whose last one may go on; else nothing.

    So somebody who still types finds what the whole word would. Quotes, a minus and `or`
    mean something else, and are left to `websearch_to_tsquery`.
    """
    words = text.lower().split()
    if not words or "or" in words or len(words[-1]) < SHORTEST_PREFIX:
        return ""
    if not all(word.replace("_", "").isalnum() for word in words):
        return ""
    return f"{' & '.join(words)}:*"
