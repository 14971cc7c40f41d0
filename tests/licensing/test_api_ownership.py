import pytest

from licensing import services
from licensing.models import Contribution, Handover, Party, RightsHolding
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.licensing import make_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def other():
    return UserFactory()


@pytest.fixture
def work(owner):
    return make_work(owner)


def test_programs_state_confirm_and_take_back(api, work, owner, other):
    at = f"/api/v1/works/{work.pk}"
    made = api(owner).post(
        f"{at}/contributions",
        {
            "party": {"name": other.username},
            "role": "ANNOTATED",
            "evidence": "Protocol",
        },
    )
    assert made.status_code == 201
    held = api(owner).post(
        f"{at}/holdings",
        {
            "party": {"name": "An archive", "description": "Closed in 1970"},
            "right": "COPYRIGHT",
            "basis": "Published it",
            "territories": ["GR"],
            "ends_on": "2030-12-31",
        },
    )
    assert held.status_code == 201
    assert held.json()["party"]["kind"] == "DESCRIBED"

    answer = api(other).post(f"{at}/statements/{made.json()['id']}/confirm")
    told = answer.json()
    assert told["contributions"][0]["confirmed_at"] is not None
    assert told["holdings"][0]["ends_on"] == "2030-12-31"
    assert told["hidden"] == []
    gone = api(owner).post(f"{at}/statements/{held.json()['id']}/withdraw")
    assert gone.status_code == 204
    assert api(None).get(f"{at}/ownership").json()["holdings"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("contributions", {"party": {"name": "x"}, "role": "FUNDED"}),
        ("contributions", {"party": "x", "role": "FUNDED"}),
        ("contributions", {"party": {"name": "x", "description": "y"}, "role": "OWNS"}),
        (
            "contributions",
            {
                "party": {"name": "x", "description": "y"},
                "role": "FUNDED",
                "revision": "HEAD",
            },
        ),
        (
            "holdings",
            {
                "party": {"name": "x", "description": "y"},
                "right": "PATENT",
                "basis": "z",
                "territories": ["ZZ"],
            },
        ),
        ("handovers", {"to": "nobody-here"}),
        ("handovers", {"to": "x", "holding": "6d7f1f05-6a1c-4d0e-8a77-5d5d26b1b3a7"}),
    ],
)
def test_bad_input_is_refused_with_a_code_and_nothing_is_kept(
    api, work, owner, path, body
):
    parties = Party.objects.count()

    answer = api(owner).post(f"/api/v1/works/{work.pk}/{path}", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["detail"]
    assert not Contribution.objects.exists()
    assert not RightsHolding.objects.exists()
    assert not Handover.objects.exists()
    assert Party.objects.count() == parties


def test_disclosures_are_read_by_all_and_set_by_owners(api, work, owner):
    path = f"/api/v1/works/{work.pk}/disclosures"
    wanted = {"disclosures": [{"kind": "SHARES", "audience": "BUYERS"}]}

    assert api(UserFactory()).put(path, wanted).status_code == 403
    twice = {"disclosures": wanted["disclosures"] * 2}
    assert api(owner).put(path, twice).status_code == 400
    assert api(owner).put(path, wanted).status_code == 200

    told = {
        row["kind"]: row["audience"]
        for row in api(None).get(path).json()["disclosures"]
    }
    assert (told["SHARES"], told["RIGHTS"]) == ("BUYERS", "EVERYONE")


def test_a_proposal_of_shares_is_turned_down(api, work, owner, other):
    at = f"/api/v1/works/{work.pk}/shares"
    parts = [
        {"holder": owner.username, "basis_points": 6000},
        {"holder": other.username, "basis_points": 4000},
    ]
    proposed = api(owner).post(at, {"shares": parts}).json()

    assert api(UserFactory()).post(f"{at}/{proposed['id']}/withdraw").status_code == 403
    told = api(other).post(f"{at}/{proposed['id']}/withdraw").json()
    assert told["closed_at"] is not None
    again = api(owner).post(f"{at}/{proposed['id']}/withdraw")
    assert (again.status_code, again.json()["code"]) == (409, "shares_refused")
    late = api(other).post(f"{at}/{proposed['id']}/accept")
    assert (late.status_code, late.json()["code"]) == (409, "shares_refused")


def test_a_repository_is_handed_over_by_programs(api, other):
    repository = RepositoryFactory(name="tides")
    work, giver = repository.work, repository.created_by
    sent = {"to": other.username, "message": "Yours"}
    made = api(giver).post(f"/api/v1/works/{work.pk}/handovers", sent).json()
    at = f"/api/v1/handovers/{made['id']}"

    assert api(UserFactory()).get(at).status_code == 404
    assert api(other).get(at).json()["state"] == "PENDING"
    assert api(giver).post(f"{at}/accept").status_code == 403
    assert api(other).post(f"{at}/accept").json()["state"] == "ACCEPTED"

    repository.refresh_from_db()
    assert repository.namespace == other.namespace
    late = api(giver).post(f"{at}/close")
    assert (late.status_code, late.json()["code"]) == (409, "handover_closed")
    listed = api(giver).get(f"/api/v1/works/{work.pk}/handovers")
    assert listed.status_code == 404  # it is no longer theirs to see
    assert (
        len(api(other).get(f"/api/v1/works/{work.pk}/handovers").json()["results"]) == 1
    )


def test_handing_over_what_is_not_ones_own_is_refused(api, work, other):
    answer = api(other).post(
        f"/api/v1/works/{work.pk}/handovers", {"to": work.owner.name}
    )
    assert answer.status_code == 403
    assert not Handover.objects.exists()
    assert services.expire_handovers(work.registered_at) == 0
