from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied

from licensing.services import UnknownLicence
from marketplace.catalog.cards import BadCard, Card, parse_card
from marketplace.catalog.models import Readme
from tests.factories.catalog import RepositoryFactory, commit

WHOLE = """\
---
pretty_name: Birds of Attica
summary: Every bird we saw
license: cc-by-4.0
language: [el, no, en]
tags:
- birds
- birds
- field work
task_categories:
- image-classification
modality: image
size_categories: 1K<n<10K
out_of_scope_use:
- Counting birds  at sea
dataset_info: {features: [{name: a, dtype: int64}]}
---
# Birds

Text.
"""


def told(read: Card) -> Card:
    """Return what has a column; `test_information` is about the rest."""
    return replace(read, data={})


def card(front: str) -> Card:
    return parse_card(f"---\n{front}\n---\n".encode())


def test_a_whole_card_is_read():
    assert told(parse_card(WHOLE.encode())) == Card(
        body="# Birds\n\nText.\n",
        title="Birds of Attica",
        summary="Every bird we saw",
        licence_id="cc-by-4.0",
        licence_line=4,
        languages=("el", "no", "en"),
        tags=("birds", "field work"),
        task_categories=("image-classification",),
        modalities=("image",),
        size_category="1K<n<10K",
        not_for=("Counting birds at sea",),
    )


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("", ""),
        ("# Only text", "# Only text"),
        ("---\n---\nText", "Text"),
        ("---\r\ntags: a\r\n---\r\nText\r\n", "Text\n"),
        ("\ufeff---\ntags: a\n---\nText", "Text"),
        ("----\nnot front matter", "----\nnot front matter"),
    ],
)
def test_a_card_may_have_little_or_no_front_matter(text, body):
    assert parse_card(text.encode()).body == body


def test_norwegian_is_a_language_and_numbers_are_words():
    assert told(card("language: no\ntags: [yes, 1.10, null, 2020-01-01, ~]")) == Card(
        languages=("no",), tags=("yes", "1.10", "2020-01-01")
    )


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("tags: [a", 3, "expected"),
        ("a: b: c", 2, "mapping values"),
        ("ok: 1\n\ttags: a", 3, "tab character"),
        ("tags: {a: b}", 2, "must be a text"),
        ("ok: 1\ntags:\n- {a: b}", 4, "must be a text"),
        ("- a\n- b", 2, "key: value"),
        ("just words", 2, "key: value"),
        ("license: [mit, cc0-1.0]", 2, "give one"),
        ("tags: a\nlicense: mit\ntags: b", 4, "twice"),
        ("? [a]\n: b", 2, "must be a word"),
        (f"pretty_name: {'x' * 201}", 2, "longer than 200"),
        (f"tags: [{', '.join(map(str, range(101)))}]", 2, "at most 100"),
        ("a: " + "[" * 41 + "]" * 41, 2, "deeper"),
        ("a: *nothing", 2, "undefined alias"),
        ("out_of_scope_use: {a: b}", 2, "must be a text"),
        (f"out_of_scope_use: {'x' * 1001}", 2, "longer than 1000"),
        ("extra_gated_fields: [a]", 2, "label: type"),
        ("extra_gated_fields: a", 2, "label: type"),
        ("extra_gated_fields:\n  a: colour", 3, "must be one of text, checkbox"),
        ("extra_gated_fields:\n  '': text", 3, "must be one of"),
        ("extra_gated_fields:\n  a: {options: [b]}", 3, "must be one of"),
        ("extra_gated_fields:\n  a: {type: select}", 3, "1 to 100 options"),
        ("extra_gated_fields:\n  a:\n    type: select\n    options: []", 5, "options"),
        ("extra_gated_fields:\n  ? [a]\n  : text", 3, "must be a text"),
        ("extra_gated_fields:\n  a: text\n  a: text", 3, "the same label"),
        (
            f"extra_gated_fields: {{{','.join(f'a{n}: text' for n in range(31))}}}",
            2,
            "30",
        ),
        (f"extra_gated_fields:\n  {'x' * 501}: text", 3, "longer than 500"),
        ("extra_gated_prompt: [a]", 2, "must be a text"),
        (f"extra_gated_prompt: {'x' * 20_001}", 2, "longer than 20000"),
        (f"extra_gated_heading: {'x' * 201}", 2, "longer than 200"),
        ('ok: 1\npretty_name: "a\\0b"', 3, "“pretty_name” has a NUL"),
        ('tags:\n- a\n- "\\x00"', 4, "“tags” has a NUL"),
        ('extra_gated_prompt: "\\u0000"', 2, "“extra_gated_prompt” has a NUL"),
        ('extra_gated_fields:\n  "a\\0": text', 3, "has a NUL"),
        ('pretty_name: "\\ud800"', 2, "invalid Unicode"),
    ],
)
def test_a_fault_is_told_with_its_line(front, line, reason):
    with pytest.raises(BadCard, match=reason) as refusal:
        card(front)

    assert f"README.md line {line}" in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a\nb\xff", "line 2: not UTF-8"),
        (b"---\ntags: a\n", "line 1: front matter is not closed"),
        (b"a\n\nb\0", "line 3: has a NUL"),
        (b"x" * (2**20 + 1), "within 1048576 bytes"),
        (b"---\na: " + b"x" * 2**17 + b"\n---\n", "within 131072 bytes"),
    ],
)
def test_what_is_no_text_is_refused(data, reason):
    with pytest.raises(BadCard, match=reason):
        parse_card(data)


@pytest.mark.parametrize(
    "front",
    [
        "a: !!python/object/apply:os.system ['true']",
        "a: !!python/name:os.system",
        "tags: !!binary aGVsbG8=",
        "a: &a [b, b]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntags: [x]",
    ],
)
def test_yaml_builds_nothing_and_runs_nothing(front):
    assert isinstance(card(front), Card)


def test_an_alias_that_holds_itself_is_refused():
    with pytest.raises(BadCard, match="deeper"):
        card("a: &a [x, *a]")


def test_deep_nesting_is_refused_before_it_can_overflow():
    with pytest.raises(BadCard, match=r"deeper|nest"):
        card("a: " + "[" * 60_000)


@pytest.mark.django_db
def test_committing_a_card_fills_the_columns_and_sets_the_licence():
    repository = RepositoryFactory(licence_id="", title="Old")

    commit(repository, {"README.md": WHOLE})

    repository.refresh_from_db()
    assert repository.title == repository.work.title == "Birds of Attica"
    assert repository.work.licence_id == "CC-BY-4.0"
    assert repository.tags == ["birds", "field work"]
    assert repository.languages == ["el", "no", "en"]
    assert Readme.objects.get().body == "# Birds\n\nText.\n"
    assert repository.listing.facets == [
        "kind:dataset",
        "task:image-classification",
        "modality:image",
        "language:el",
        "language:no",
        "language:en",
        f"owner:{repository.namespace.name}",
    ]


@pytest.mark.django_db
def test_a_commit_without_a_card_leaves_the_columns_and_one_that_deletes_it_empties():
    repository = RepositoryFactory()
    commit(repository, {"README.md": WHOLE})

    commit(repository, {"data.csv": "1"})
    repository.refresh_from_db()
    assert repository.tags == ["birds", "field work"]

    commit(repository, {"README.md": None})
    repository.refresh_from_db()
    assert (repository.tags, repository.languages) == ([], [])
    assert repository.title == "Birds of Attica"
    assert repository.work.licence_id == "CC-BY-4.0"
    assert Readme.objects.get().body == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("readme", "error", "said"),
    [
        ("---\ntags: {a: b}\n---\n", BadCard, "README.md line 2"),
        ("---\n\nlicense: fair-source\n---\n", UnknownLicence, "README.md line 3"),
    ],
)
def test_a_bad_card_refuses_the_whole_commit(readme, error, said):
    repository = RepositoryFactory()

    with pytest.raises(error, match=said):
        commit(repository, {"data.csv": "1", "README.md": readme})

    assert not repository.commits.exists()
    repository.work.refresh_from_db()
    assert repository.work.licence_id == "CC-BY-4.0"


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["other", "openrail", "grok2-community"])
def test_a_word_for_terms_outside_spdx_is_kept_and_changes_no_licence(word):
    repository = RepositoryFactory()

    commit(repository, {"README.md": f"---\nlicense: {word}\n---\n"})

    repository.work.refresh_from_db()
    assert repository.work.licence_id == "CC-BY-4.0"
    assert Readme.objects.get().card["license"] == word


@pytest.mark.django_db
def test_an_editor_may_commit_a_card_but_not_change_the_licence(repository, people):
    commit(
        repository,
        {"README.md": "---\nlicense: CC-BY-4.0\ntags: x\npretty_name: Shown\n---\n"},
        actor=people["editor"],
    )
    with pytest.raises(PermissionDenied, match="line 2"):
        commit(
            repository,
            {"README.md": "---\nlicense: mit\n---\n"},
            actor=people["editor"],
        )

    repository.refresh_from_db()
    assert repository.commits.count() == 1
    assert repository.work.licence_id == "CC-BY-4.0"
    assert (repository.title, repository.tags) == ("Shown", ["x"])
    assert repository.work.title != "Shown"
