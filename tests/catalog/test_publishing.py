"""The steps to a listing: what each says is done, where it leads, what is published."""

import pytest

from licensing.models import Offer
from tests.accounts.markup import Page
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer

CARD = "---\ntask_categories: [tabular-regression]\n---\n# Levels\n"
STEPS = ("files", "card", "owners", "price")

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(client):
    mine = RepositoryFactory(licence_id="")
    client.force_login(mine.created_by)
    return mine


def at(repository, *below):
    return "/".join(["", repository.plural, str(repository), "publish", *below])


def undone(page):
    return [step.name for step in page.context["steps"] if step.lacks]


def test_each_step_says_what_is_missing_until_it_is_there(client, mine):
    for step in STEPS:
        assert Page(client.get(at(mine, step))).flaws() == []
    assert undone(client.get(at(mine))) == ["files", "card", "price", "review"]

    commit(mine, {"README.md": CARD})
    assert undone(client.get(at(mine))) == ["files", "price", "review"]
    commit(mine, {"levels.csv": "a,b\n"})
    make_offer(mine.work)
    assert undone(client.get(at(mine))) == ["review"]
    assert "This year" not in client.get(at(mine, "price")).content.decode()

    answer = client.post(at(mine))

    assert answer.url == f"/datasets/{mine}"
    mine.refresh_from_db()
    assert mine.is_public
    assert undone(client.get(at(mine))) == []


def test_an_offer_is_written_from_a_step_and_leads_back_to_it(client, mine):
    page = client.get(at(mine, "price"))
    [subscribe] = [
        url for label, url in page.context["ways"] if label == "Subscription"
    ]
    form = client.get(subscribe)
    assert form.context["form"]["paid"].value() == "MONTH"
    said = {
        name: form.context["form"][name].value() or ""
        for name in form.context["form"].fields
    }

    answer = client.post(subscribe, {**said, "price": "9.00"})

    assert answer.url == at(mine, "price")
    assert Offer.objects.get().price.period == "MONTH"
    elsewhere = subscribe.partition("next=")[0] + "next=//evil.example/"
    away = client.post(elsewhere, {**said, "code": "again", "price": "9.00"})
    assert away.url == f"/works/{mine.work.pk}"


def test_what_is_unfinished_waits_on_the_page_of_new_ones(client, mine):
    RepositoryFactory(name="another")

    page = client.get("/new").content.decode()

    assert f'href="{at(mine)}"' in page
    assert "another" not in page


def test_there_are_no_other_steps(client, mine):
    assert client.get(at(mine, "review")).status_code == 200
    assert client.get(at(mine, "else")).status_code == 404
