"""The card: the front matter of README.md, read strictly and told about by line.

Only nodes are read, never objects constructed, so YAML's tags do nothing and `no` is the
word it looks like (Norwegian) rather than a boolean.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import yaml
from django.utils.translation import gettext

from marketplace.catalog import misuse
from marketplace.catalog.front_matter import BadCard, plain
from marketplace.catalog.gates import ASKED, FieldKind, GateField, GateText

README = "README.md"
CARD_BYTES = 2**20
FRONT_MATTER_BYTES = 128 * 2**10
DEEPEST = 40
LONGEST_LIST = 100
NULL = "tag:yaml.org,2002:null"
LONGEST_PROMPT = 20_000
MOST_GATE_FIELDS = 30


@dataclass(frozen=True, slots=True)
class Card:
    """What README.md says of its repository; `line` is where the licence stands."""

    body: str = ""
    title: str = ""
    summary: str = ""
    licence_id: str = ""
    licence_line: int = 0
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    task_categories: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    size_category: str = ""
    not_for: tuple[str, ...] = ()
    gate: GateText = field(default_factory=GateText)
    data: dict[str, Any] = field(default_factory=dict)


def parse_card(data: bytes) -> Card:
    """Read a README.md: its front matter between two lines of `---`, then Markdown.

    Keys are those of Hugging Face's cards; those without a column are in `data` alone.

    Raises:
        BadCard: it is no UTF-8, too large, or a key we read has a value we cannot read;
            the message names the line.
    """
    head, body = divided(_text(data))
    nodes = _nodes(head)
    return replace(_Reader(nodes).card(body), data=plain(nodes))


def _text(data: bytes) -> str:
    if len(data) > CARD_BYTES:
        raise BadCard(
            gettext("%(readme)s: keep it within %(card_bytes)s bytes.")
            % {"readme": README, "card_bytes": CARD_BYTES}
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise BadCard(
            gettext("%(readme)s line %(line)s: not UTF-8; save it as UTF-8.")
            % {"readme": README, "line": line}
        ) from fault
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadCard(
            gettext("%(readme)s line %(line)s: has a NUL character; remove it.")
            % {"readme": README, "line": line}
        )
    return text.replace("\r\n", "\n")


def divided(text: str) -> tuple[str, str]:
    """Split front matter from body; text without front matter is all body."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return "", text
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :])
    raise BadCard(
        gettext("%(readme)s line 1: front matter is not closed; add a line “---”.")
        % {"readme": README}
    )


def _nodes(head: str) -> dict[str, yaml.Node]:
    """Return the top-level keys of the front matter and their nodes."""
    if len(head.encode()) > FRONT_MATTER_BYTES:
        raise BadCard(
            gettext(
                "%(readme)s: keep front matter within %(front_matter_bytes)s bytes."
            )
            % {"readme": README, "front_matter_bytes": FRONT_MATTER_BYTES}
        )
    try:
        _check_depth(head)
        node = yaml.compose(head, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        where = f" line {mark.line + 2}" if mark else ""
        raise BadCard(f"{README}{where}: {fault.problem or fault.context}.") from fault
    except yaml.YAMLError as fault:
        raise BadCard(
            gettext("%(readme)s: front matter is not YAML: %(fault)s.")
            % {"readme": README, "fault": fault}
        ) from fault
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise BadCard(
            gettext("%(readme)s line 2: write front matter as “key: value” lines.")
            % {"readme": README}
        )
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise BadCard(
                gettext("%(readme)s line %(key)s: a key must be a word.")
                % {"readme": README, "key": _line(key)}
            )
        if key.value in found:
            raise BadCard(
                gettext(
                    "%(readme)s line %(key)s: “%(key_value)s” is here twice; keep one."
                )
                % {"readme": README, "key": _line(key), "key_value": key.value}
            )
        found[key.value] = value
    return found


def _check_depth(head: str) -> None:
    """Refuse nesting that the composer, which recurses in C, could not survive."""
    depth = 0
    for event in yaml.parse(head, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            line = event.start_mark.line + 2  # type: ignore[union-attr]  # parsed, so marked
            raise BadCard(
                gettext(
                    "%(readme)s line %(line)s: nested deeper than %(deepest)s levels."
                )
                % {"readme": README, "line": line, "deepest": DEEPEST}
            )


def _line(node: yaml.Node) -> int:
    """Return the line of README.md a node is on, counting from 1, below the `---`."""
    return int(node.start_mark.line) + 2


@dataclass(frozen=True, slots=True)
class _Reader:
    nodes: dict[str, yaml.Node]

    def card(self, body: str) -> Card:
        licence = self.nodes.get("license")
        tasks = self.words("task_categories") or self.words("pipeline_tag")
        sizes = self.words("size_categories", longest=40)
        return Card(
            body=body,
            title=self.text("pretty_name", longest=200),
            summary=self.text("summary", longest=500),
            licence_id=self.text("license", longest=100),
            licence_line=_line(licence) if licence else 0,
            languages=self.words("language"),
            tags=self.words("tags"),
            task_categories=tasks,
            modalities=self.words("modality") or self.words("modalities"),
            size_category=sizes[0] if sizes else "",
            not_for=self.words(misuse.KEY, longest=misuse.LONGEST),
            gate=GateText(
                heading=self.text("extra_gated_heading", longest=200),
                description=self.prose("extra_gated_description"),
                prompt=self.prose("extra_gated_prompt"),
                button=self.text("extra_gated_button_content", longest=100),
                fields=self.gate_fields(),
            ),
        )

    def gate_fields(self) -> tuple[GateField, ...]:
        """Read what the gate asks: a type by label, or `select` with its options."""
        node = self.nodes.get("extra_gated_fields")
        if node is None or node.tag == NULL:
            return ()
        if not isinstance(node, yaml.MappingNode):
            raise BadCard(
                gettext(
                    "%(readme)s line %(node)s: write “extra_gated_fields” as “label: "
                    "type” lines."
                )
                % {"readme": README, "node": _line(node)}
            )
        if len(node.value) > MOST_GATE_FIELDS:
            raise BadCard(
                gettext(
                    "%(readme)s line %(node)s: ask at most %(most_gate_fields)s fields."
                )
                % {
                    "readme": README,
                    "node": _line(node),
                    "most_gate_fields": MOST_GATE_FIELDS,
                }
            )
        fields = tuple(_gate_field(label, asked) for label, asked in node.value)
        if len({field.label for field in fields}) < len(fields):
            raise BadCard(
                gettext("%(readme)s line %(node)s: two fields have the same label.")
                % {"readme": README, "node": _line(node)}
            )
        return fields

    def prose(self, key: str) -> str:
        """Read one text with its line breaks."""
        node = self.nodes.get(key)
        if node is None or node.tag == NULL:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            raise BadCard(
                gettext("%(readme)s line %(node)s: “%(key)s” must be a text.")
                % {"readme": README, "node": _line(node), "key": key}
            )
        _require_storable(key, node)
        if len(node.value) > LONGEST_PROMPT:
            raise BadCard(
                gettext(
                    "%(readme)s line %(node)s: “%(key)s” is longer than "
                    "%(longest_prompt)s characters."
                )
                % {
                    "readme": README,
                    "node": _line(node),
                    "key": key,
                    "longest_prompt": LONGEST_PROMPT,
                }
            )
        return str(node.value).strip()

    def text(self, key: str, *, longest: int) -> str:
        """Read one text, or a list that holds just one."""
        words = self.words(key, longest=longest)
        if len(words) > 1:
            line = _line(self.nodes[key])
            raise BadCard(
                gettext("%(readme)s line %(line)s: give one “%(key)s”, not %(words)s.")
                % {"readme": README, "line": line, "key": key, "words": len(words)}
            )
        return words[0] if words else ""

    def words(self, key: str, *, longest: int = 96) -> tuple[str, ...]:
        """Read one text or a list of texts, each once, in the order written."""
        node = self.nodes.get(key)
        if node is None:
            return ()
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if len(items) > LONGEST_LIST:
            raise BadCard(
                gettext(
                    "%(readme)s line %(node)s: give at most %(longest_list)s “%(key)s”."
                )
                % {
                    "readme": README,
                    "node": _line(node),
                    "longest_list": LONGEST_LIST,
                    "key": key,
                }
            )
        return tuple(
            dict.fromkeys(filter(None, (_word(key, x, longest) for x in items)))
        )


def _word(key: str, node: yaml.Node, longest: int) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise BadCard(
            gettext(
                "%(readme)s line %(node)s: “%(key)s” must be a text or a list of texts."
            )
            % {"readme": README, "node": _line(node), "key": key}
        )
    if node.tag == NULL:
        return ""
    _require_storable(key, node)
    word = " ".join(str(node.value).split())
    if len(word) > longest:
        raise BadCard(
            gettext(
                "%(readme)s line %(node)s: “%(key)s” is longer than %(longest)s "
                "characters."
            )
            % {"readme": README, "node": _line(node), "key": key, "longest": longest}
        )
    return word


def _require_storable(key: str, node: yaml.ScalarNode) -> None:
    """Refuse NUL, which an escape may have put there and PostgreSQL cannot hold."""
    if "\0" in node.value:
        line = _line(node)
        raise BadCard(
            gettext(
                "%(readme)s line %(line)s: “%(key)s” has a NUL character; remove it."
            )
            % {"readme": README, "line": line, "key": key}
        )


def _gate_field(label: yaml.Node, asked: yaml.Node) -> GateField:
    said = _word("extra_gated_fields", label, 500)
    parts = _named(asked) or {"type": asked}
    kind = _word("type", parts["type"], 96) if "type" in parts else ""
    if not said or kind not in ASKED:
        raise BadCard(
            gettext("%(readme)s line %(asked)s: “%(said)s” must be one of %(asked_2)s.")
            % {
                "readme": README,
                "asked": _line(asked),
                "said": said,
                "asked_2": ", ".join(ASKED),
            }
        )
    options: tuple[str, ...] = ()
    if ASKED[kind] is FieldKind.SELECT:
        options = _options(said, parts.get("options", asked))
    return GateField(said, ASKED[kind], options)


def _options(label: str, node: yaml.Node) -> tuple[str, ...]:
    """Read what may be chosen: texts, or mappings with a `value`."""
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    words = [
        _word("options", _named(item).get("value", item), 300)
        for item in items[: LONGEST_LIST + 1]
    ]
    if not all(words) or not 1 <= len(words) <= LONGEST_LIST:
        raise BadCard(
            gettext(
                "%(readme)s line %(node)s: give “%(label)s” 1 to %(longest_list)s "
                "options."
            )
            % {
                "readme": README,
                "node": _line(node),
                "label": label,
                "longest_list": LONGEST_LIST,
            }
        )
    return tuple(dict.fromkeys(words))


def _named(node: yaml.Node) -> dict[str, yaml.Node]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {str(key.value): value for key, value in pairs}
