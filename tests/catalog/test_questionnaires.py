import pytest

from marketplace.catalog.card_edits import with_gate
from marketplace.catalog.cards import parse_card
from marketplace.catalog.front_matter import BadCard
from marketplace.catalog.gates import FieldKind, GateField, GateText
from marketplace.catalog.models import Gate
from marketplace.catalog.queries import head_of
from marketplace.catalog.queries.trees import file_at
from tests.catalog.gating import CARD, gated
from tests.catalog.reading import content_of
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit

ASKED = GateText(
    heading="Who are you?",
    prompt="You agree:\n\n- to count: birds\n- # and no fish",
    fields=(
        GateField("Company", FieldKind.TEXT),
        GateField("no", FieldKind.CHECKBOX),
        GateField("Purpose: why?", FieldKind.SELECT, ("Research", "no", "“Else”")),
        GateField("Since", FieldKind.DATE),
        GateField("Where", FieldKind.COUNTRY),
    ),
)
WRITTEN = """\
---
# what birds these are
license: cc-by-4.0  # as ever
extra_gated_prompt: |
  You agree.

  # this is of the text

# languages, the first is ours
language:
  - el
extra_gated_fields:
  Where you work: ip_location
tags: [ "birds" ]
---
# Birds

---
"""


@pytest.mark.parametrize("card", ["", "# Birds\n", CARD, WRITTEN, "---\n---\nBirds"])
def test_the_card_says_what_the_form_said_and_nothing_else_of_it_changes(card):
    before = card.encode()

    made = with_gate(before, ASKED)

    assert parse_card(made).gate == ASKED
    assert with_gate(made, ASKED) == made
    old, new = parse_card(before), parse_card(made)
    assert new.body == old.body
    assert {key: new.data[key] for key in old.data if "gated" not in key} == {
        key: value for key, value in old.data.items() if "gated" not in key
    }
    emptied = with_gate(made, GateText())
    assert parse_card(emptied).gate == GateText()
    assert b"extra_gated" not in emptied


def test_every_line_that_is_not_of_the_gate_stays_as_it_was_written():
    said = parse_card(WRITTEN.encode()).gate
    made = with_gate(WRITTEN.encode(), GateText(prompt="Agree.", fields=said.fields))

    assert made.decode() == WRITTEN.replace(
        """extra_gated_prompt: |
  You agree.

  # this is of the text
""",
        "extra_gated_prompt: Agree.\n",
    )
    dos = WRITTEN.replace("\n", "\r\n").encode()
    assert with_gate(dos, said) == dos
    assert with_gate(dos, ASKED).count(b"\n") == with_gate(dos, ASKED).count(b"\r\n")


@pytest.mark.parametrize("card", ["---\n{license: mit}\n---\n", "---\na: [\n---\n"])
def test_a_card_that_is_not_written_line_by_line_is_left_alone(card):
    with pytest.raises(BadCard):
        with_gate(card.encode(), ASKED)


def form_of(page, rows):
    sent = {name: value or "" for name, value in page.context["form"].initial.items()}
    sent |= {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        sent |= {f"form-{number}-{name}": value for name, value in row.items()}
    return sent


@pytest.mark.django_db
def test_owners_write_what_the_gate_asks_by_a_form_and_the_card_says_it(browser):
    repository = gated(card=CARD)
    owner, path = browser(repository.created_by), f"/datasets/{repository}/settings"
    page = owner.get(f"{path}/questionnaire")
    told = page.content.decode()
    assert "Say who you are" in told
    assert "I count birds" in told
    rows = [
        {"label": "Company", "kind": "TEXT"},
        {"label": "", "kind": ""},
        {"label": "Use", "kind": "SELECT", "options": "Study\r\n\r\nTeach\r\n"},
    ]

    sent = {**form_of(page, rows), "heading": "Who  asks?"}
    assert owner.post(f"{path}/questionnaire", sent).status_code == 302

    gate = Gate.objects.get()
    assert gate.heading == "Who asks?"
    assert gate.prompt == "You agree to **count** birds."
    assert [each["label"] for each in gate.fields] == ["Company", "Use"]
    assert gate.fields[1]["options"] == ["Study", "Teach"]
    card = content_of(file_at(repository, path="README.md")).decode()
    assert card.startswith("---\nlicense: cc-by-4.0\nextra_gated_heading: Who asks?\n")
    head = head_of(repository)
    assert head.title == "Write what the gate asks"
    stale = owner.post(f"{path}/questionnaire", {**sent, "heading": "Else"})
    assert "field--bad" not in stale.content.decode()
    assert head_of(repository) == head
    fresh = owner.get(f"{path}/questionnaire")
    again = owner.post(
        f"{path}/questionnaire", {**form_of(fresh, rows), "heading": "Who asks?"}
    )
    assert again.status_code == 302
    assert head_of(repository) == head  # it says so already
    stranger = browser(UserFactory()).get(f"{path}/questionnaire")
    assert stranger.status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"form-0-kind": ""},
        {"form-0-kind": "ELSE"},
        {"form-0-kind": "SELECT"},
        {"form-1-label": "company ", "form-1-kind": "TEXT", "form-0-label": "company"},
        {"form-0-label": "x" * 501},
        {"heading": "x" * 201},
    ],
)
def test_questions_that_cannot_be_asked_come_back_and_nothing_is_committed(
    browser, wrong
):
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1"})
    owner, path = browser(repository.created_by), f"/datasets/{repository}/settings"
    page = owner.get(f"{path}/questionnaire")
    rows = [{"label": "Company", "kind": "TEXT"}, {"label": "", "kind": ""}]

    answer = owner.post(f"{path}/questionnaire", {**form_of(page, rows), **wrong})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode() or "field--bad" in (
        answer.content.decode()
    )
    assert repository.commits.count() == 1
