import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from licensing import services
from licensing.models import Procurement
from licensing.queries import data_card_of
from licensing.questions import QUESTIONS, RESPONSIBLE
from marketplace.kit.errors import Malformed
from tests.factories.accounts import UserFactory
from tests.factories.licensing import DAY, NOON, make_work
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db
COMMIT = "c0ffee" * 6 + "c0ff"
PEOPLE = {
    "how": "A survey at the harbour",
    "personal_data_kinds": ["HEALTH", "NAMES"],
    "consent_basis": "CONSENT",
    "consent_document": "https://example.org/form.pdf",
    "takedown_contact": "privacy@example.org",
    "dataBiases": "Sailors alone",
}


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def work(owner):
    return make_work(owner, title="Harbour survey")


def record(work, *, by=None, **changes):
    facts = {"personal_data": "SOME", "answers": PEOPLE, "recorded_at": NOON, **changes}
    return services.record_procurement(by or work.owner.user, work=work, **facts)


def test_the_questions_hold_the_twenty_properties_of_croissant_rai():
    assert len(RESPONSIBLE) == 20
    assert all(question.croissant == question.key for question in RESPONSIBLE)
    assert "rai:" not in "".join(QUESTIONS)


def test_a_card_is_written_anew_and_the_former_kept(work):
    first = record(work)
    assert record(work) == first
    second = record(work, personal_data="UNKNOWN", answers={"how": "  Unknown  "})

    assert (second.number, second.answers) == (2, {"how": "Unknown"})
    assert data_card_of(work, user=UserFactory()).procurement == second
    assert Procurement.objects.get(number=1).answers["personal_data_kinds"] == [
        "NAMES",
        "HEALTH",
    ]
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        first.delete()


def test_a_version_has_its_own_card_or_that_of_the_work(work):
    whole = record(work)
    own = record(work, revision=COMMIT, recorded_at=NOON + DAY)

    reader = UserFactory()
    assert data_card_of(work, user=reader, revision=COMMIT).procurement == own
    assert data_card_of(work, user=reader, revision="a" * 40).procurement == whole
    assert data_card_of(work, user=reader).procurement == whole


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"personal_data": "PERHAPS"}, "personal_data"),
        ({"personal_data": "NONE"}, "personal_data_kinds"),
        ({"answers": {"consent_basis": "CONSENT"}}, "personal_data_kinds"),
        ({"answers": {"personal_data_kinds": ["NAMES"]}}, "consent_basis"),
        ({"answers": {**PEOPLE, "consent_basis": "LUCK"}}, "consent_basis"),
        (
            {"answers": {**PEOPLE, "personal_data_kinds": "NAMES"}},
            "personal_data_kinds",
        ),
        (
            {"answers": {**PEOPLE, "consent_document": "javascript:x"}},
            "consent_document",
        ),
        ({"answers": {**PEOPLE, "dataBiases": "x" * 10_001}}, "dataBiases"),
        ({"answers": {**PEOPLE, "dataBiases": ["x"]}}, "dataBiases"),
        ({"answers": {**PEOPLE, "colour": "blue"}}, "colour"),
        ({"revision": "main"}, "revision"),
    ],
)
def test_what_cannot_be_is_refused_by_question(work, changes, field):
    with pytest.raises(Malformed, match=f"^{field}:"):
        record(work, **changes)
    assert not Procurement.objects.exists()


def test_writers_of_the_owner_alone_write_it(work):
    with pytest.raises(PermissionDenied):
        record(work, by=UserFactory())


def test_an_owner_writes_it_on_a_page_and_everyone_reads_it(browser, work, owner):
    at = f"/works/{work.pk}/data-card"
    assert "No data card" in read(browser().get(at))
    read(browser(owner).get(f"{at}/edit"))
    refused = browser(owner).post(f"{at}/edit", {"personal_data": "SOME"})
    assert "Say which personal data" in read(refused) or "say which" in read(refused)
    said = {"personal_data": "SOME", **PEOPLE}
    assert browser(owner).post(f"{at}/edit", said).url == at

    page = read(browser().get(at))
    for words in (
        "A survey at the harbour",
        "Names and contact details; Health",
        "Consent of the people concerned",
        'href="https://example.org/form.pdf"',
        "Sailors alone",
    ):
        assert words in page
    edit = f"{at}/edit?version={COMMIT}"
    assert "Sailors alone" in read(browser(owner).get(edit))
    browser(owner).post(edit, {**said, "dataBiases": "Captains alone"})
    assert "Captains" in read(browser().get(f"{at}?version={COMMIT}"))
    assert "Captains" not in read(browser().get(f"{at}?version=%00"))


def test_programs_write_and_read_it_as_far_as_it_is_disclosed(api, work, owner):
    at = f"/api/v1/works/{work.pk}/procurement"
    assert api(None).get(at).json() == {"procurement": None, "is_hidden": False}
    sent = {"personal_data": "SOME", "answers": PEOPLE}
    assert api(UserFactory()).post(at, sent).status_code == 403
    assert api(owner).post(at, sent).status_code == 201
    bad = api(owner).post(at, {**sent, "answers": {"how": 7}})
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid")

    told = api(None).get(at).json()["procurement"]
    assert (told["number"], told["answers"]["dataBiases"]) == (1, "Sailors alone")
    services.set_disclosure(
        owner, work=work, audiences={"PROCUREMENT": "OWNERS"}, set_at=NOON
    )
    assert api(None).get(at).json() == {"procurement": None, "is_hidden": True}
    assert api(owner).get(at).json()["procurement"] == told
