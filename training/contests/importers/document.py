"""Reads a bundle's YAML: safely, within bounds, and with the place of every fault."""

import re
from typing import Any

import yaml
from django.utils.translation import gettext

from training.contests.importers.refusal import BundleRefused

MOST_EVENTS = 100_000
DEEPEST = 40
MERGE = "tag:yaml.org,2002:merge"


class _Loader(yaml.SafeLoader):
    """YAML without objects, without duplicate keys and without bombs of aliases."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  PyYAML's own signature
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                if key.value in seen:
                    problem = f"the key {key.value!r} is there twice"
                    raise yaml.MarkedYAMLError(
                        problem=problem, problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def load_mapping(text: str, *, file: str) -> dict[str, Any]:
    """Read a YAML document that is a mapping; keys become strings.

    Dates stay what YAML makes of them. Anchors are followed, up to a bound on what they
    unfold to.

    Raises:
        BundleRefused: it is no such document; names the line.
    """
    try:
        _check_size(text)
        content = _Loader(text).get_single_data()
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise BundleRefused(
            f"{line}{broken.problem or broken.context}.", file=file
        ) from broken
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        raise BundleRefused(
            gettext("it is no YAML: %(broken)s.") % {"broken": broken}, file=file
        ) from broken
    if not isinstance(content, dict):
        raise BundleRefused(
            gettext("it must be a mapping of fields to values."), file=file
        )
    plain: dict[str, Any] = _plain(content, file=file, left=[MOST_EVENTS], depth=0)
    return plain


def _check_size(text: str) -> None:
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if count > MOST_EVENTS or depth > DEEPEST:
            raise ValueError("there is more in it, or deeper, than a description needs")


def _plain(content: Any, *, file: str, left: list[int], depth: int) -> Any:
    """Unfold aliases into a tree of our own, and no further than the bound."""
    left[0] -= 1
    if left[0] < 0 or depth > DEEPEST:
        raise BundleRefused(gettext("its anchors unfold without end."), file=file)
    if isinstance(content, dict):
        return {
            str(key): _plain(value, file=file, left=left, depth=depth + 1)
            for key, value in content.items()
        }
    if isinstance(content, list):
        return [_plain(one, file=file, left=left, depth=depth + 1) for one in content]
    return content


def command_of(text: str, *, file: str) -> str:
    """Return the `command` of a program's metadata, YAML or the loose lines of old.

    Raises:
        BundleRefused: it has none.
    """
    try:
        told = load_mapping(text, file=file).get("command")
    except BundleRefused:
        found = re.search(r"^command\s*:\s*(.+)$", text, re.MULTILINE)
        told = found[1].strip().strip("\"'") if found else None
    if not isinstance(told, str) or not told.strip():
        raise BundleRefused(
            gettext(
                "there is no command in it. Add a line such as `command: python "
                "scoring.py`."
            ),
            file=file,
            field="command",
        )
    return told.strip()
