"""The front matter of a card as plain data, for programs that read cards themselves.

Values are made from YAML's nodes, never by constructing what their tags name, and within
bounds: an alias that is repeated a billion times is not followed a billion times.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import yaml
from django.utils.translation import gettext

from marketplace.kit.errors import Malformed

MOST_VALUES = 20_000
DEEPEST = 100  # with what aliases stand for
MOST_BYTES = 512 * 2**10
LONGEST_NUMBER = 40
TAG = "tag:yaml.org,2002:"
WORDS: dict[str, bool] = {"true": True, "false": False}


class BadCard(Malformed):
    code = "bad_card"


def plain(nodes: Mapping[str, yaml.Node]) -> dict[str, Any]:
    """Return the keys of front matter with their values, as JSON can hold them.

    Raises:
        BadCard: its aliases, once read, say more than a card may.
    """
    left = [MOST_VALUES]
    said = {_text(key): _plain(node, left) for key, node in nodes.items()}
    if len(json.dumps(said)) > MOST_BYTES:
        raise BadCard(
            gettext("README.md: front matter says too much, once its aliases are read.")
        )
    return said


def _plain(node: yaml.Node, left: list[int], *, deep: int = 0) -> Any:
    left[0] -= 1
    if left[0] < 0:
        raise BadCard(gettext("README.md: front matter has too many values."))
    if deep > DEEPEST:  # an alias may hold itself
        raise BadCard(
            gettext("README.md: front matter is deeper than %(deepest)s levels.")
            % {"deepest": DEEPEST}
        )
    if isinstance(node, yaml.MappingNode):
        pairs = node.value
        return {_key(key): _plain(value, left, deep=deep + 1) for key, value in pairs}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, left, deep=deep + 1) for item in node.value]
    return _scalar(_text(node.value), node.tag)


def _key(node: yaml.Node) -> str:
    return _text(node.value) if isinstance(node, yaml.ScalarNode) else "?"


def _text(value: Any) -> str:
    """Return a text that PostgreSQL can hold."""
    return str(value).replace("\0", "�")


def _scalar(text: str, tag: str) -> Any:
    """Read a word as YAML 1.2 does: `no` is a word, and a date is text."""
    if tag == f"{TAG}null":
        return None
    if tag == f"{TAG}bool":
        return WORDS.get(text.lower(), text)
    if tag == f"{TAG}int" and len(text) <= LONGEST_NUMBER:
        return _number(text, int)
    if tag == f"{TAG}float" and len(text) <= LONGEST_NUMBER:
        number = _number(text, float)
        is_told = isinstance(number, str) or math.isfinite(number)
        return number if is_told else text
    return text


def _number(text: str, kind: type[int] | type[float]) -> Any:
    if not text.isascii() or "_" in text:
        return text
    try:
        return kind(text)
    except ValueError:
        return text
