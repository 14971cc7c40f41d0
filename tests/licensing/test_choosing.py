import pytest

from licensing import services
from licensing.choosing import CANDIDATES, USES, candidates
from licensing.terms import Reading
from tests.factories.accounts import UserFactory
from tests.factories.licensing import NOON
from tests.licensing.reading import read

MERGED = "/licences/choose?use=adapt&input=CC-BY-4.0%0ACC-BY-SA-4.0"


def test_every_use_answers_for_every_licence_one_may_want():
    for use in USES:
        found = candidates(
            use=use,
            inputs=("CC-BY-4.0",),
            is_sold=False,
            has_extra_terms=False,
            reading=Reading.NEUTRAL,
        )
        assert {one.id for one in found} == set(CANDIDATES)
        order = ["allow", "obligations", "warn", "deny"]
        ranks = [order.index(one.answer.verdict) for one in found]
        assert ranks == sorted(ranks)


@pytest.mark.django_db
def test_a_merger_with_share_alike_leaves_share_alike(client):
    answer = client.get(MERGED)
    page = read(answer)
    by_verdict = {
        verdict: [one.id for one in found]
        for verdict, _, found in answer.context["groups"]
    }

    assert by_verdict["allow"] == []
    assert by_verdict["obligations"] == ["CC-BY-SA-4.0", "GPL-3.0-only"]
    assert "CC-BY-4.0" in by_verdict["deny"]
    assert "s.3(b)(1)" in page
    assert "Name the makers, say what you changed" in page
    assert "not legal advice" in page


@pytest.mark.django_db
def test_selling_and_the_strict_reading_narrow_the_choice(client):
    plain = "/licences/choose?use=train&input=CC-BY-NC-4.0"

    def ids(path, verdict):
        groups = {each: found for each, _, found in client.get(path).context["groups"]}
        return {one.id for one in groups[verdict]}

    assert "LicenseRef-EULA" in ids(plain, "warn")
    assert "LicenseRef-EULA" in ids(f"{plain}&strict=on", "deny")
    assert "CC-BY-NC-4.0" in ids(f"{plain}&strict=on", "obligations")
    assert "CC-BY-NC-4.0" in ids(f"{plain}&strict=on&sold=on", "deny")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("use=fly&input=MIT", "Select a valid choice"),
        ("use=adapt&input=", "This field is required"),
        ("use=adapt&input=MIT+OR", "Two or more licenses"),
        ("use=adapt&input=" + "MIT%0A" * 51, "Name 1 to 50 licences"),
        ("use=adapt&input=%00", "Null characters"),
        ("use=adapt&input=CC-BY-40", "nearest known: CC-BY-4.0"),
    ],
)
def test_a_bad_question_is_answered_on_the_form(client, query, said):
    assert said.lower() in read(client.get(f"/licences/choose?{query}")).lower()


@pytest.mark.django_db
def test_ones_own_terms_are_among_the_choices(browser):
    owner = UserFactory()
    version = services.declare_terms(
        owner,
        owner=services.party_of_user(owner),
        title="For a team",
        permits_redistribution=False,
        permits_derivatives=False,
        permits_commercial_use=True,
        training="NO",
        results_are="TAKER",
        asks_credit=False,
        is_revocable=False,
        declared_at=NOON,
    )

    assert version.licence_id in read(browser(owner).get(MERGED))
    assert version.licence_id not in read(browser().get(MERGED))
