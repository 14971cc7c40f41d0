"""Editing in the browser: fields of a card, other texts, and what others did meanwhile."""

import pytest

from marketplace.catalog.card_edits import CardFields, with_fields
from marketplace.catalog.cards import parse_card
from marketplace.catalog.front_matter import BadCard
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.queries import head_of
from marketplace.catalog.services import share
from tests.accounts.markup import Page
from tests.catalog.reading import files_in
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

CARD = """\
---
# ours
license: cc-by-4.0  # as ever
pretty_name: Birds
language: [el, no]
dataset_info:
  splits: [{name: train, num_examples: 5}]

# what it is for
task_categories:
- image-classification
---

# Birds

Text.
"""
FIELDS = CardFields.of(parse_card(CARD.encode()))


def test_what_a_form_leaves_as_it_was_stays_to_the_letter():
    body = parse_card(CARD.encode()).body
    dos = CARD.replace("\n", "\r\n").encode()

    assert with_fields(CARD.encode(), FIELDS, body=body) == CARD.encode()
    assert with_fields(dos, FIELDS, body=body.replace("\n", "\r\n")) == dos


@pytest.mark.parametrize(
    "before", ["", "# Birds\n", CARD, "---\npipeline_tag: a\n---\n"]
)
@pytest.mark.parametrize("is_model", [False, True])
def test_the_card_says_what_the_form_says(before, is_model):
    wanted = CardFields(
        title="no: birds",
        summary="Of “Attica” # and near it",
        licence_id="mit",
        tasks=("audio-classification",),
        modalities=("audio",),
        languages=("no", "el"),
        tags=("y", "field work"),
        size_category="n<1K",
        not_for=("Ringing: birds at sea", "# Judging, alone, who rings them"),
    )

    made = with_fields(before.encode(), wanted, body="# Seen\n", is_model=is_model)

    card = parse_card(made)
    assert (CardFields.of(card), card.body) == (wanted, "# Seen\n")
    old = parse_card(before.encode()).data
    assert card.data.get("dataset_info") == old.get("dataset_info")
    assert ("pipeline_tag" in card.data) == (
        "pipeline_tag" in old or (is_model and "task_categories" not in old)
    )
    emptied = with_fields(made, CardFields(), body="")
    assert CardFields.of(parse_card(emptied)) == CardFields()


def test_text_that_would_read_as_front_matter_is_refused():
    with pytest.raises(BadCard):
        with_fields(b"", CardFields(), body="---\nlicense: mit\n---\n")


@pytest.fixture
def mine(client):
    mine = RepositoryFactory()
    commit(mine, {"README.md": CARD, "notes.txt": "one\r\ntwo\r\n"})
    client.force_login(mine.created_by)
    return mine


def at(repository, *below):
    return "/".join(["", repository.plural, str(repository), *below])


def sent(page, **changes):
    form = page.context["form"]
    said = {name: form[name].value() or "" for name in form.fields}
    return {**said, **changes}


@pytest.mark.django_db
class TestCards:
    def test_a_field_is_changed_by_a_commit_and_the_rest_stays(self, client, mine):
        page = client.get(at(mine, "edit/README.md"))
        assert Page(page).flaws() == []

        answer = client.post(
            at(mine, "edit/README.md"), sent(page, languages="el, en", message="Ours")
        )

        assert answer.url == at(mine)
        card = files_in(mine)["README.md"].decode()
        assert card.replace("language:\n- el\n- en\n", "language: [el, no]\n") == CARD
        assert head_of(mine).title == "Ours"
        mine.refresh_from_db()
        assert mine.languages == ["el", "en"]

    @pytest.mark.parametrize(
        ("changes", "field", "said"),
        [
            ({"languages": "x" * 97}, "languages", "longer than 96"),
            ({"title": "a\0b"}, "title", "Null"),
            ({"licence_id": "WTF"}, "licence_id", "valid choice"),
        ],
    )
    def test_what_its_checks_refuse_is_said_at_the_field(
        self, client, mine, changes, field, said
    ):
        before = head_of(mine)
        page = client.get(at(mine, "edit/README.md"))
        answer = client.post(at(mine, "edit/README.md"), sent(page, **changes))

        errors = answer.context["form"].errors
        assert list(errors) == [field]
        assert said in str(errors)
        assert head_of(mine) == before

    def test_a_preview_shows_what_would_be_and_commits_nothing(self, client, mine):
        before = head_of(mine)
        page = client.get(at(mine, "edit/README.md"))
        said = sent(page, body="<script>1</script>\n\n**Seen**", act="preview")

        whole = client.post(at(mine, "edit/README.md"), said)
        fragment = client.post(
            at(mine, "edit/README.md"), said, headers={"HX-Request": "true"}
        ).content.decode()

        assert "<strong>Seen</strong>" in whole.content.decode()
        assert "<strong>Seen</strong>" in fragment
        assert "<script>1" not in fragment
        assert "<html" not in fragment
        assert head_of(mine) == before

    def test_whoever_may_not_license_it_is_told_at_the_licence(self, client, mine):
        guest = UserFactory()
        share(
            mine.created_by,
            repository=mine,
            user=guest,
            role=ShareRole.EDITOR,
            shared_at=NOON,
        )
        client.force_login(guest)
        page = client.get(at(mine, "edit/README.md"))

        answer = client.post(at(mine, "edit/README.md"), sent(page, licence_id="MIT"))

        assert list(answer.context["form"].errors) == ["licence_id"]
        assert "only its owners" in str(answer.context["form"].errors)
        assert files_in(mine)["README.md"].decode() == CARD

    def test_an_earlier_version_is_brought_back(self, client, mine):
        first = head_of(mine)
        commit(mine, {"README.md": "# Spoilt\n"})
        page = client.get(f"{at(mine, 'edit/README.md')}?from={first.oid}")

        client.post(f"{at(mine, 'edit/README.md')}?from={first.oid}", sent(page))

        assert files_in(mine)["README.md"].decode() == CARD


@pytest.mark.django_db
class TestTexts:
    def test_a_text_keeps_its_line_ends(self, client, mine):
        page = client.get(at(mine, "edit/notes.txt"))
        assert Page(page).flaws() == []

        client.post(at(mine, "edit/notes.txt"), sent(page, content="one\r\nthree\r\n"))

        assert files_in(mine)["notes.txt"] == b"one\r\nthree\r\n"
        assert head_of(mine).title == "Edit notes.txt"

    def test_beside_another_file_it_is_saved_and_over_the_same_it_asks(
        self, client, mine
    ):
        page = client.get(at(mine, "edit/notes.txt"))
        commit(mine, {"other.txt": "else"})
        answer = client.post(at(mine, "edit/notes.txt"), sent(page, content="mine"))
        assert answer.status_code == 302
        page = client.get(at(mine, "edit/notes.txt"))
        theirs = commit(mine, {"notes.txt": "theirs"}, message="In haste")

        answer = client.post(at(mine, "edit/notes.txt"), sent(page, content="again"))

        told = answer.content.decode()
        assert "In haste" in told
        assert "theirs</pre>" in told
        assert "again</textarea>" in told
        assert files_in(mine)["notes.txt"] == b"theirs"
        form = answer.context["form"]
        assert form["parent"].value() == theirs.oid
        client.post(at(mine, "edit/notes.txt"), sent(answer))
        assert files_in(mine)["notes.txt"] == b"again"

    def test_what_is_no_text_or_too_long_is_not_edited(self, client, mine):
        commit(mine, {"a.bin": b"\xff\xfe\0", "long.txt": "x" * (512 * 2**10 + 1)})

        for path in ("a.bin", "long.txt"):
            page = client.get(at(mine, "edit", path)).content.decode()
            assert "not edited here" in page
            assert "<textarea" not in page

    def test_a_new_text_is_made_once(self, client, mine):
        page = client.get(f"{at(mine, 'create')}?folder=data")
        assert page.context["form"]["path"].value() == "data/"
        said = sent(page, path="data/é.txt", content="new")

        assert client.post(at(mine, "create"), said).status_code == 302
        again = client.post(at(mine, "create"), said)
        wrong = client.post(at(mine, "create"), {**said, "path": "../up"})

        assert files_in(mine)["data/é.txt"] == b"new"
        assert "is there already" in str(again.context["form"].errors["path"])
        assert "has a segment" in str(wrong.context["form"].errors["path"])
