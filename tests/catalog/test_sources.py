"""Sources that a card names and nobody may take back; those that were a mistake."""

import pytest
from django.core.exceptions import PermissionDenied

from licensing.models import Derivation, Origin, WithdrawnDerivation
from licensing.services import (
    DecisionNeeded,
    SourceFixed,
    decide_licence,
    record_derivation,
)
from marketplace.accounts.models import Role
from marketplace.catalog import services
from marketplace.catalog.services.ancestry import SourceNamed, withdraw_source
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import (
    NOON,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer

pytestmark = pytest.mark.django_db


def card(**keys):
    return {
        "README.md": "\n".join(["---", *(f"{k}: {v}" for k, v in keys.items()), "---"])
    }


@pytest.fixture
def data():
    return RepositoryFactory(public=True, licence_id="CC-BY-SA-4.0", name="songs")


def record(made, source, **rest):
    return record_derivation(
        made.created_by,
        work=made.work,
        source=source.work,
        relation="ADAPT",
        changes="Cut",
        recorded_at=NOON,
        **rest,
    )


def take_back(derivation, actor=None, reason="It was the other one."):
    withdraw_source(
        actor or derivation.recorded_by,
        derivation=derivation,
        reason=reason,
        withdrawn_at=NOON,
    )


def test_a_commit_names_where_to_decide_and_passes_once_somebody_has(data, client):
    more = RepositoryFactory(public=True, licence_id="CC-BY-SA-4.0")
    model = RepositoryFactory(model=True, licence_id="")
    files = card(license="mit", datasets=f"[{data}, {more}]")

    with pytest.raises(
        DecisionNeeded, match=r"^README\.md, datasets .*not settled"
    ) as refusal:
        commit(model, files)
    assert not model.commits.exists()
    model.work.refresh_from_db()
    assert model.work.licence_id is None

    client.force_login(model.created_by)
    where = refusal.value.extra["decide_url"]
    page = client.get(where).content.decode()
    assert data.work.title in page
    assert more.work.title in page
    client.post(where, {"decision": "Counsel looked at it."})
    commit(model, files)

    model.work.refresh_from_db()
    assert model.work.licence_id == "MIT"
    assert {each.origin for each in model.work.derivations.all()} == {Origin.CARD}


def test_a_licence_in_a_card_asks_about_the_sources_it_brings_too(data):
    more = RepositoryFactory(public=True, licence_id="CC-BY-SA-4.0")
    model = RepositoryFactory(model=True, licence_id="")
    commit(model, card(datasets=f"[{data}]"))

    with pytest.raises(DecisionNeeded, match=r"README\.md line 2, license") as refusal:
        commit(model, card(license="mit", datasets=f"[{data}, {more}]"))

    assert str(more.work.pk) in refusal.value.extra["decide_url"]
    decide_licence(
        model.created_by,
        work=model.work,
        licence_id="MIT",
        decision="For the songs alone.",
        decided_at=NOON,
    )
    with pytest.raises(DecisionNeeded, match="datasets"):
        commit(model, card(license="mit", datasets=f"[{data}, {more}]"))


def test_what_a_card_still_names_is_not_taken_back_even_under_a_former_name(data):
    made = RepositoryFactory(licence_id="CC-BY-SA-4.0")
    commit(made, card(source_datasets=f"[{data}]"))
    derivation = made.work.derivations.get()
    with pytest.raises(SourceNamed, match="source_datasets"):
        take_back(derivation)
    owner = data.created_by
    services.move_repository(
        owner,
        repository=data,
        namespace=owner.namespace,
        name="old-songs",
        moved_at=NOON,
    )
    with pytest.raises(SourceNamed):
        take_back(derivation)
    assert Derivation.objects.exists()

    commit(made, {"README.md": "# Mine"})
    take_back(derivation)

    assert not Derivation.objects.exists()


def test_what_is_taken_back_stays_told_with_what_was_out(data, browser_of, api):
    made = RepositoryFactory(public=True, licence_id="")
    make_offer(made.work, licence_id="CC-BY-SA-4.0", price_minor=0)
    record(made, data)
    at = f"/works/{made.work.pk}"

    client = browser_of(made.created_by)
    where = f"{at}/sources/{data.work.pk}/withdraw"
    assert where in client.get(at).content.decode()
    assert client.get(where).status_code == 200
    assert client.post(where, {"reason": "It was the other one."}).url == at

    kept = WithdrawnDerivation.objects.get()
    assert (kept.source, kept.changes, kept.live_offers) == (data.work, "Cut", 1)
    page = browser_of().get(at).content.decode()
    assert "while 1 offer was live" in page
    assert "It was the other one." in page
    told = api().get(f"/api/v1{at}").json()
    assert told["sources"] == []
    assert told["withdrawn_sources"][0]["reason"] == "It was the other one."
    audit = AuditRecord.objects.get(act="withdraw_derivation")
    assert audit.details["source"] == str(data.work.pk)


def test_only_who_recorded_it_or_an_owner_takes_it_back_and_never_what_training_saw(
    data, api
):
    organisation = OrganisationFactory()
    first, second = (
        MembershipFactory(organisation=organisation, role=Role.WRITER).user
        for _ in range(2)
    )
    made = RepositoryFactory(
        owner=first, namespace=organisation.namespace, licence_id="CC-BY-SA-4.0"
    )
    derivation = record(made, data)
    for stranger in (second, UserFactory(), data.created_by):
        with pytest.raises(PermissionDenied):
            take_back(derivation, stranger)
    path = f"/api/v1/works/{made.work.pk}/sources/{data.work.pk}/withdraw"
    assert api(first).post(path, {"reason": "A mistake"}).status_code == 204
    assert api(first).post(path, {"reason": "A mistake"}).status_code == 404

    seen = record(made, data, origin=Origin.TRAINING)
    with pytest.raises(SourceFixed, match="trained here"):
        take_back(seen)
    with pytest.raises(SourceFixed, match="by hand"):
        record_derivation(
            first,
            work=made.work,
            source=data.work,
            relation="GENERATE",
            changes="Answers only",
            recorded_at=NOON,
        )
    assert Derivation.objects.get() == seen


@pytest.fixture
def browser_of(client):
    def opened(user=None):
        client.logout()
        if user is not None:
            client.force_login(user)
        return client

    return opened
