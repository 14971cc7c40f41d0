"""What a card says its repository was made from is held to the sources' licences."""

import pytest
from django.core.exceptions import PermissionDenied

from licensing.models import Derivation, Relation
from licensing.services import LicenceConflict, LineageRefused, record_derivation
from marketplace.catalog.cards import Card
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import share
from marketplace.catalog.services.ancestry import record_sources
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


def card(**front):
    lines = "".join(f"{key}: {value}\n" for key, value in front.items())
    return {"README.md": f"---\n{lines}---\n"}


def told(repository):
    edges = Derivation.objects.filter(work=repository.work)
    return {edge.source: edge.relation for edge in edges.select_related("source")}


@pytest.fixture
def base():
    return RepositoryFactory(model=True, public=True, licence_id="CC-BY-SA-4.0")


@pytest.fixture
def model():
    return RepositoryFactory(model=True, licence_id="")


def test_a_model_comes_from_its_base_and_is_trained_on_its_datasets(base, model):
    birds, trees = RepositoryFactory.create_batch(2, public=True)

    commit(model, card(base_model=base, datasets=f"[{birds}, {trees}, {base}, imdb]"))

    assert told(model) == {
        base.work: Relation.FINE_TUNE,
        birds.work: Relation.TRAIN,
        trees.work: Relation.TRAIN,
    }


@pytest.mark.parametrize(
    ("says", "relation"),
    [
        ({"base_model_relation": "quantized"}, Relation.ADAPT),
        ({"base_model_relation": "merge"}, Relation.MERGE),
        ({"library_name": "peft"}, Relation.FINE_TUNE),
    ],
    ids=str,
)
def test_how_it_comes_from_its_base_is_as_the_card_says(base, model, says, relation):
    commit(model, card(base_model=base, **says))

    assert told(model) == {base.work: relation}


def test_a_dataset_comes_from_the_datasets_that_it_extends():
    origin, other = RepositoryFactory.create_batch(2, public=True)
    made = RepositoryFactory()

    commit(made, card(source_datasets=f"[original, extended|{origin}, {other}, x/y]"))

    assert told(made) == {origin.work: Relation.ADAPT, other.work: Relation.ADAPT}


def test_what_is_hidden_from_the_committer_is_a_word_like_any_other(model):
    hidden = RepositoryFactory(model=True)

    commit(model, card(base_model=hidden))
    commit(model, card(base_model=f"[{model}, gone/model, '../..', '\\0/x', bert]"))

    assert told(model) == {}


def test_a_source_that_forbids_the_licence_refuses_the_whole_commit(base):
    model = RepositoryFactory(model=True, licence_id="MIT")

    with pytest.raises(
        LicenceConflict, match=rf"^README\.md, base_model {base}: .*s\.3\(b\)"
    ):
        commit(model, {**card(base_model=base), "weights.bin": "1"})

    assert not model.commits.exists()
    assert told(model) == {}


def test_with_a_licence_that_the_source_permits_it_goes_in(base):
    model = RepositoryFactory(model=True, licence_id="MIT")

    commit(model, card(base_model=base, license="cc-by-sa-4.0"))

    model.work.refresh_from_db()
    assert model.work.licence_id == "CC-BY-SA-4.0"
    assert told(model) == {base.work: Relation.FINE_TUNE}


def test_a_licence_told_later_is_held_to_the_sources(base, model):
    commit(model, card(base_model=base))

    with pytest.raises(LicenceConflict):
        commit(model, card(base_model=base, license="mit"))


def test_what_its_owners_told_by_hand_stays_as_they_told_it(base, model):
    record_derivation(
        model.created_by,
        work=model.work,
        source=base.work,
        relation=Relation.DISTIL,
        changes="Taught by its answers",
        recorded_at=NOON,
    )

    commit(model, card(base_model=base))

    assert told(model) == {base.work: Relation.DISTIL}


def test_a_circle_is_refused_by_name(base, model):
    commit(model, card(base_model=base))
    share(
        model.created_by,
        repository=model,
        user=base.created_by,
        role=ShareRole.VIEWER,
        shared_at=NOON,
    )

    with pytest.raises(LineageRefused, match=rf"^README\.md, base_model {model}: "):
        commit(base, card(base_model=model))


def test_an_editor_does_not_say_what_it_was_made_from(base, model):
    editor = UserFactory()
    share(
        model.created_by,
        repository=model,
        user=editor,
        role=ShareRole.EDITOR,
        shared_at=NOON,
    )

    with pytest.raises(PermissionDenied, match="only the owners"):
        commit(model, card(base_model=base), actor=editor)
    assert not model.commits.exists()


def test_a_card_that_names_nothing_asks_nothing(model, django_assert_num_queries):
    with django_assert_num_queries(0):
        record_sources(model.created_by, model, Card(), at=NOON)
