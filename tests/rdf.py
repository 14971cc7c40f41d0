"""JSON-LD as rdflib reads it."""

import warnings

from rdflib import Graph


def parsed(data: str | bytes) -> Graph:
    """Return what a document says, under the contexts it brings itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its parser's, of itself
        return Graph().parse(data=data, format="json-ld")
