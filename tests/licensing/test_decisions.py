"""Where sources leave a licence open, somebody says by name why it is right."""

import pytest
from django.core.exceptions import PermissionDenied

from licensing import services
from licensing.models import LicenceDecision, Relation
from marketplace.kit.errors import Malformed
from tests.factories.accounts import UserFactory
from tests.factories.licensing import NOON, make_offer, make_work
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db
WHY = "Counsel looked at it."


def train(model, data, **rest):
    return services.record_derivation(
        model.owner.user,
        work=model,
        source=data,
        relation=Relation.TRAIN,
        changes="Trained",
        recorded_at=NOON,
        **rest,
    )


@pytest.fixture
def model():
    """A model trained on share-alike data, under no licence yet."""
    made = make_work(title="Net")
    train(made, make_work(licence_id="CC-BY-SA-4.0", title="Data"))
    return made


def put_under(model, licence_id="MIT", **rest):
    services.set_licence(
        model.owner.user, work=model, licence_id=licence_id, at=NOON, **rest
    )
    model.refresh_from_db()


def test_a_licence_that_is_not_settled_takes_a_reason_that_is_kept(model):
    with pytest.raises(services.DecisionNeeded, match=r"/decisions/new\?licence=MIT"):
        put_under(model)
    assert not LicenceDecision.objects.exists()

    put_under(model, decision=WHY)

    kept = LicenceDecision.objects.get()
    assert model.licence_id == "MIT"
    assert (kept.words, kept.decided_by) == (WHY, model.owner.user)
    assert kept.sources == [model.derivations.get().source_id]
    assert "CC-BY-SA-4.0" in kept.reasons[0]


def test_what_was_decided_stands_for_that_licence_and_those_sources_alone(model):
    services.decide_licence(
        model.owner.user, work=model, licence_id="mit", decision=WHY, decided_at=NOON
    )
    with pytest.raises(services.DecisionNeeded):
        put_under(model, "Apache-2.0")
    put_under(model)

    other = make_work(licence_id="CC-BY-SA-4.0")
    with pytest.raises(services.DecisionNeeded, match=str(other.pk)):
        train(model, other)
    assert model.derivations.count() == 1
    train(model, other, decision="The same counsel.")
    assert LicenceDecision.objects.count() == 2


def test_an_offer_passes_by_what_was_decided_for_selling_it(model):
    facts = {"licence_id": "MIT", "price_minor": 100}
    with pytest.raises(services.DecisionNeeded, match="sold=1"):
        make_offer(model, **facts)
    decided = {"work": model, "licence_id": "MIT", "decision": WHY, "decided_at": NOON}
    services.decide_licence(model.owner.user, **decided)
    with pytest.raises(services.DecisionNeeded):
        make_offer(model, **facts)

    services.decide_licence(model.owner.user, **decided, is_sold=True)

    assert make_offer(model, **facts).state == "LIVE"


def test_nobody_decides_what_is_forbidden_settled_or_anothers(model):
    at = {"work": model, "licence_id": "MIT", "decision": WHY, "decided_at": NOON}
    owner = model.owner.user
    with pytest.raises(PermissionDenied):
        services.decide_licence(UserFactory(), **at)
    with pytest.raises(Malformed, match=r"^decision:"):
        services.decide_licence(owner, **{**at, "decision": " "})
    with pytest.raises(services.NothingToDecide):
        services.decide_licence(owner, **{**at, "licence_id": "CC-BY-SA-4.0"})
    adapted = make_work()
    services.record_derivation(
        adapted.owner.user,
        work=adapted,
        source=make_work(licence_id="CC-BY-SA-4.0"),
        relation="ADAPT",
        changes="Cut",
        recorded_at=NOON,
    )
    with pytest.raises(services.LicenceConflict):
        services.decide_licence(adapted.owner.user, **{**at, "work": adapted})
    assert not LicenceDecision.objects.exists()


def test_it_is_asked_and_shown_on_pages_and_told_to_programs(browser, api, model):
    at, owner = f"/works/{model.pk}", model.owner.user
    here = browser(owner)
    read(here.get(f"{at}/licence"))
    refused = read(here.post(f"{at}/licence", {"licence": "MIT", "decision": ""}))
    assert "this is not settled" in refused
    asked = f"{at}/decisions/new?licence=MIT"
    assert "CC-BY-SA-4.0" in read(here.get(asked))
    settled = read(here.get(f"{at}/decisions/new?licence=CC-BY-SA-4.0"))
    assert "nothing is left to decide" in settled
    assert "is not one licence" in read(here.get(f"{at}/decisions/new?licence=%00"))
    assert "no work" in read(here.get(f"{asked}&source=x:COPY"))
    assert here.post(asked, {"decision": WHY}).url == at
    assert here.post(f"{at}/licence", {"licence": "MIT"}).url == at

    page = read(browser().get(at))
    assert WHY in page
    assert owner.username in page
    told = api().get(f"/api/v1{at}/decisions").json()["results"]
    assert [(each["licence"], each["decision"]) for each in told] == [("MIT", WHY)]


def test_programs_decide_and_put_it_under_a_licence(api, model):
    at, client = f"/api/v1/works/{model.pk}", api(model.owner.user)
    other = make_work(licence_id="CC-BY-SA-4.0")
    refused = client.put(f"{at}/licence", {"licence": "MIT"})
    assert (refused.status_code, refused.json()["code"]) == (
        409,
        "licence_decision_needed",
    )
    assert refused.json()["decide_url"].endswith("?licence=MIT")

    body = {
        "licence": "MIT",
        "decision": WHY,
        "sources": [{"source": str(other.pk), "relation": "TRAIN"}],
    }
    answer = client.post(f"{at}/decisions", body, format="json")
    assert answer.status_code == 201
    assert client.put(f"{at}/licence", {"licence": "MIT"}).json()["licence"] == "MIT"
    source = {"source": str(other.pk), "relation": "TRAIN", "changes": "More"}
    assert client.post(f"{at}/sources", source).status_code == 201
    missing = {**body, "sources": [{"source": str(model.owner.pk), "relation": "COPY"}]}
    assert client.post(f"{at}/decisions", missing, format="json").status_code == 400
