"""Changes to a card's front matter that leave every other line of it as it stands. Pure.

Keys are found by YAML's own marks, so that comments, order and quoting of all the rest
stay the writer's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from django.utils.translation import gettext

from marketplace.catalog import misuse
from marketplace.catalog.cards import README, Card, divided, parse_card
from marketplace.catalog.front_matter import BadCard
from marketplace.catalog.gates import ASKED, FieldKind, GateField, GateText

NAMES = {kind: name for name, kind in reversed(ASKED.items())}  # the first of each
WIDTH = 88


class _Writer(yaml.SafeDumper):
    """Writes text of several lines as a literal block."""


def _text(writer: _Writer, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _text)


def with_gate(card: bytes, wanted: GateText) -> bytes:
    """Return a README.md whose gate says and asks this, and that is else as it was.

    What the gate says already is not touched, to the letter. No card is an empty one.

    Args:
        card: the README.md of now; empty if there is none.
        wanted: what the gate shall say; what is empty is taken out.

    Raises:
        BadCard: the card cannot be read, or is not written line by line.
    """
    said = parse_card(card).gate
    changed: dict[str, Any] = {
        f"extra_gated_{key}": new
        for key, old, new in (
            ("heading", said.heading, wanted.heading),
            ("description", said.description, wanted.description),
            ("prompt", said.prompt, wanted.prompt),
            ("button_content", said.button, wanted.button),
        )
        if old != new
    }
    if said.fields != wanted.fields:
        fields = {each.label: _asked(each) for each in wanted.fields}
        changed["extra_gated_fields"] = fields
    made = _with_keys(card, changed)
    if parse_card(made).gate != wanted:
        raise BadCard(
            gettext("%(readme)s: this cannot be written so; leave out odd characters.")
            % {"readme": README}
        )
    return made


@dataclass(frozen=True, slots=True)
class CardFields:
    """What a form asks about a card; what is empty is not said in it."""

    title: str = ""
    summary: str = ""
    licence_id: str = ""
    tasks: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    size_category: str = ""
    not_for: tuple[str, ...] = ()

    @classmethod
    def of(cls, card: Card) -> "CardFields":
        return cls(
            title=card.title,
            summary=card.summary,
            licence_id=card.licence_id,
            tasks=card.task_categories,
            modalities=card.modalities,
            languages=card.languages,
            tags=card.tags,
            size_category=card.size_category,
            not_for=card.not_for,
        )


def with_fields(
    card: bytes, wanted: CardFields, *, body: str, is_model: bool = False
) -> bytes:
    """Return a README.md whose front matter and text say this, and that is else as it was.

    Args:
        card: the README.md of now; empty if there is none.
        wanted: what its fields shall say.
        body: the Markdown below them; its line ends become the file's.
        is_model: models of one task name it `pipeline_tag`.

    Raises:
        BadCard: the card cannot be read, is not written line by line, or cannot say this.
    """
    said = parse_card(card)
    old = CardFields.of(said)
    changed: dict[str, Any] = {}
    for key, before, after in (
        ("pretty_name", old.title, wanted.title),
        ("summary", old.summary, wanted.summary),
        ("license", old.licence_id, wanted.licence_id),
        ("language", old.languages, wanted.languages),
        ("tags", old.tags, wanted.tags),
        ("size_categories", old.size_category, wanted.size_category),
        (misuse.KEY, old.not_for, wanted.not_for),
    ):
        if before != after:
            changed[key] = list(after) if isinstance(after, tuple) else after
    if old.tasks != wanted.tasks:
        is_one = len(wanted.tasks) <= 1 and (is_model or "pipeline_tag" in said.data)
        changed |= {"task_categories": [], "pipeline_tag": ""}
        if is_one and wanted.tasks and "task_categories" not in said.data:
            changed["pipeline_tag"] = wanted.tasks[0]
        else:
            changed["task_categories"] = list(wanted.tasks)
    if old.modalities != wanted.modalities:
        changed |= {"modality": list(wanted.modalities), "modalities": []}
    made = _with_body(_with_keys(card, changed), body)
    again = parse_card(made)
    if CardFields.of(again) != wanted or again.body != _plain_ends(body):
        raise BadCard(
            gettext("%(readme)s: this cannot be written so; leave out odd characters.")
            % {"readme": README}
        )
    return made


def _with_body(card: bytes, body: str) -> bytes:
    """Put other Markdown below the front matter, in the line ends of the file."""
    text = card.decode("utf-8-sig")
    is_dos = "\r\n" in text
    head, below = divided(text.replace("\r\n", "\n"))
    if below == _plain_ends(body):
        return card
    front = f"---\n{head}\n---\n" if head else ""
    made = front + _plain_ends(body)
    return (made.replace("\n", "\r\n") if is_dos else made).encode()


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n")


def _asked(field: GateField) -> str | dict[str, Any]:
    if field.kind is FieldKind.SELECT:
        return {"type": "select", "options": list(field.options)}
    return NAMES[field.kind]


def _with_keys(card: bytes, changed: Mapping[str, Any]) -> bytes:
    """Put top-level keys in place of those there are; take out those that are empty."""
    if not changed:
        return card
    text = card.decode("utf-8-sig")
    is_dos = "\r\n" in text
    head, body = divided(text.replace("\r\n", "\n"))
    lines, at = _without(head, changed)
    for key, value in changed.items():
        if value:
            written = yaml.dump(
                {key: value},
                Dumper=_Writer,
                allow_unicode=True,
                sort_keys=False,
                width=WIDTH,
            )
            added = written.rstrip("\n").split("\n")
            lines[at:at] = added
            at += len(added)
    front = "".join(f"{line}\n" for line in lines)
    made = f"---\n{front}---\n{body}" if front else body
    return (made.replace("\n", "\r\n") if is_dos else made).encode()


def _without(head: str, keys: Mapping[str, Any]) -> tuple[list[str], int]:
    """Return the lines of front matter without some keys, and where the first was."""
    lines = head.split("\n") if head else []
    node = yaml.compose(head, Loader=yaml.CSafeLoader)
    if not isinstance(node, yaml.MappingNode):
        return lines, len(lines)
    if node.flow_style:
        raise BadCard(
            gettext("%(readme)s line 2: write front matter as “key: value” lines.")
            % {"readme": README}
        )
    starts = [key.start_mark.line for key, _ in node.value]
    gone: set[int] = set()
    for (key, _), start, end in zip(
        node.value, starts, [*starts[1:], len(lines)], strict=True
    ):
        if key.value in keys:
            last = end
            while last > start + 1 and _is_apart(lines[last - 1]):
                last -= 1
            gone.update(range(start, last))
    left = [line for number, line in enumerate(lines) if number not in gone]
    return left, min(gone, default=len(lines))


def _is_apart(line: str) -> bool:
    """Whether a line belongs to no key: nothing, or a comment at the margin."""
    return not line.strip() or line.startswith("#")
