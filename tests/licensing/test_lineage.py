"""The family of a work, as each reader may know it: over the API, and drawn."""

import pytest

from licensing.models import Derivation, Relation
from licensing.queries import lineage, lineage_of
from licensing.services import record_derivation
from tests.accounts.markup import Page
from tests.factories.accounts import UserFactory
from tests.factories.licensing import NOON, make_work

pytestmark = pytest.mark.django_db


def derive(work, source, relation=Relation.ADAPT):
    record_derivation(
        work.owner.user,
        work=work,
        source=source,
        relation=relation,
        changes="Cleaned <b>twice</b>",
        recorded_at=NOON,
    )


@pytest.fixture
def family():
    """Leaves of two parents, a model of leaves, and a cousin that is not of theirs."""
    made = {
        name: make_work(title=name.title())
        for name in ("parent", "other", "leaves", "model", "cousin")
    }
    derive(made["leaves"], made["parent"], Relation.MERGE)
    derive(made["leaves"], made["other"], Relation.MERGE)
    derive(made["model"], made["leaves"], Relation.TRAIN)
    derive(made["cousin"], made["parent"])
    return made


def titles(found):
    return [[work.title for work in level] for level in found.levels]


def test_sources_come_before_what_was_made_of_them(family):
    found = lineage_of(family["leaves"], user=UserFactory())

    assert titles(found) == [["Other", "Parent"], ["Leaves"], ["Model"]]
    assert [(each.work.title, each.source.title) for each in found.edges] == [
        ("Leaves", "Other"),
        ("Leaves", "Parent"),
        ("Model", "Leaves"),
    ]
    assert (found.hidden_sources, found.is_cut) == (0, False)


def test_all_that_was_made_of_a_work_is_below_it(family):
    found = lineage_of(family["parent"], user=UserFactory())

    assert titles(found) == [["Parent"], ["Cousin", "Leaves"], ["Model"]]


def test_what_is_hidden_hides_what_lies_beyond_it_but_for_its_owner(family):
    hidden, beyond = make_work(is_listed=False), make_work(title="Beyond")
    derive(family["leaves"], hidden)
    derive(hidden, beyond)
    derive(make_work(is_listed=False), family["leaves"])

    for_others = lineage_of(family["leaves"], user=UserFactory())
    for_them = lineage_of(family["leaves"], user=hidden.owner.user)

    assert titles(for_others) == [["Other", "Parent"], ["Leaves"], ["Model"]]
    assert for_others.hidden_sources == 1
    assert titles(for_them)[0] == ["Beyond", "Other", "Parent"]
    assert for_them.hidden_sources == 0


def test_of_a_large_family_the_nearest_are_shown(family, monkeypatch):
    monkeypatch.setattr(lineage, "MOST_WORKS", 3)

    found = lineage_of(family["leaves"], user=UserFactory())

    assert titles(found) == [["Other", "Parent"], ["Leaves"]]
    assert found.is_cut


@pytest.mark.parametrize("count", [1, 8])
def test_it_costs_the_same_however_large_the_family(count, django_assert_num_queries):
    work, reader = make_work(), UserFactory()
    for _ in range(count):
        derive(make_work(), work)

    with django_assert_num_queries(4):
        lineage_of(work, user=reader)


def test_a_work_alone_has_a_family_of_itself(api):
    work = make_work()

    told = api().get(f"/api/v1/works/{work.pk}/lineage").json()

    assert [[each["id"] for each in level] for level in told["levels"]] == [
        [str(work.pk)]
    ]
    assert told["edges"] == []


def test_programs_are_told_all_of_it(api, family):
    told = api().get(f"/api/v1/works/{family['leaves'].pk}/lineage").json()

    assert [[each["title"] for each in level] for level in told["levels"]] == [
        ["Other", "Parent"],
        ["Leaves"],
        ["Model"],
    ]
    edge = Derivation.objects.get(work=family["model"])
    assert told["edges"][-1] == {
        "work_id": str(family["model"].pk),
        "source_id": str(family["leaves"].pk),
        "relation": "TRAIN",
        "changes": edge.changes,
        "recorded_at": "2026-01-01T12:00:00Z",
    }


def test_it_is_drawn_and_said_in_words(client, family):
    answer = client.get(f"/works/{family['leaves'].pk}/lineage")

    assert Page(answer).flaws() == []
    assert answer.content.count(b"<rect ") == 4
    assert answer.content.count(b'<path class="lineage__line"') == 3
    assert b"trained on" in answer.content
    assert b"<b>twice" not in answer.content


def test_without_a_lineage_the_owner_is_shown_how_to_record_one(client):
    work = make_work()

    assert b"Record a source" not in client.get(f"/works/{work.pk}/lineage").content
    client.force_login(work.owner.user)
    assert b"Record a source" in client.get(f"/works/{work.pk}/lineage").content
