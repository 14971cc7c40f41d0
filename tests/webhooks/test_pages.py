"""A person's webhooks in the browser."""

import pytest
from django.contrib.admin.sites import site
from django.test import RequestFactory

from marketplace.webhooks import services
from marketplace.webhooks.models import Delivery, State, Webhook
from marketplace.webhooks.services import Item
from tests.accounts.markup import Page
from tests.factories.accounts import NOON, OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.webhooks.test_webhooks import delivery, watched_by

pytestmark = pytest.mark.django_db
LIST = "/settings/webhooks"


@pytest.fixture
def browser(client, maria):
    client.force_login(maria)
    return client


def form(**more):
    return {
        "url": "https://example.org/hook",
        "watched": "maria",
        "domains": ["repo", "discussion"],
        "secret": "sesame",
        **more,
    }


def test_a_member_makes_a_webhook_by_writing_what_it_watches(
    browser, maria, repository
):
    OrganisationFactory(name="acme")
    watched = "maria\r\n\r\n acme \ndatasets/maria/river-levels"

    answer = browser.post(LIST, form(watched=watched), follow=True)

    webhook = Webhook.objects.get()
    assert answer.redirect_chain[-1][0] == f"{LIST}/{webhook.pk}"
    assert Page(answer).flaws() == []
    assert watched_by(webhook) == {
        ("user", "maria"),
        ("org", "acme"),
        ("dataset", "maria/river-levels"),
    }


@pytest.mark.parametrize(
    ("flaw", "message"),
    [
        ({"url": "http://127.0.0.1/"}, "not of the open internet"),
        ({"url": "example"}, "write the address of a program"),
        ({"watched": ""}, "This field is required."),
        ({"watched": "nobody-here"}, "there is no user “nobody-here”"),
        ({"watched": "datasets/maria/none"}, "there is no dataset “maria/none”"),
        ({"watched": "maria/none"}, "cannot be watched here"),
        ({"watched": "x" * 500}, "there is no user"),
        ({"domains": []}, "This field is required."),
        ({"secret": "κ"}, "characters of ASCII"),
    ],
)
def test_what_cannot_be_is_refused_on_the_form(browser, maria, flaw, message):
    answer = browser.post(LIST, form(**flaw))

    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert Page(answer).flaws() == []
    assert not Webhook.objects.exists()


def test_a_webhook_is_changed_on_its_page(browser, maria, make):
    webhook = make(maria)

    browser.post(f"{LIST}/{webhook.pk}", form(url="https://other.example/", secret=""))

    webhook.refresh_from_db()
    assert (webhook.url, webhook.secret) == ("https://other.example/", "")


def test_a_webhook_is_switched_off_and_on_and_deleted(browser, maria, make):
    webhook = make(maria)
    at = f"{LIST}/{webhook.pk}"

    off = browser.post(f"{at}/switch", {"enabled": "no"}, follow=True)
    assert "It is switched off since" in off.content.decode()
    browser.post(f"{at}/switch", {"enabled": "yes"})
    assert Webhook.objects.get().is_enabled
    gone = browser.post(f"{at}/delete", follow=True)
    assert "The webhook is deleted." in gone.content.decode()
    assert not Webhook.objects.exists()


def test_the_log_says_what_came_back_and_sends_again(browser, maria, make, repository):
    webhook = make(maria)
    failed = delivery(
        webhook,
        repository,
        attempts=7,
        response_status=500,
        response_ms=12,
        response_excerpt="<b>broken</b>",
        fault="The receiver answered 500.",
    )
    at = f"{LIST}/{webhook.pk}/deliveries/{failed.pk}"

    log = browser.get(f"{LIST}/{webhook.pk}").content.decode()
    shown = browser.get(at)
    browser.post(f"{at}/again")

    assert "update repo.content" in log
    assert "12 ms" in log
    page = shown.content.decode()
    assert Page(shown).flaws() == []
    assert "&lt;b&gt;broken" in page
    assert "&quot;event&quot;: 1" in page
    assert Delivery.objects.filter(state=State.WAITING).count() == 1


def test_what_is_hidden_by_now_is_not_shown(browser, maria, make):
    nikos = UserFactory()
    hidden = RepositoryFactory(owner=nikos)
    webhook = make(maria, watched=[Item("user", nikos.username)])
    told = delivery(webhook, hidden)

    page = browser.get(f"{LIST}/{webhook.pk}/deliveries/{told.pk}").content.decode()

    assert "not shared with you any more" in page
    assert "&quot;event&quot;" not in page


def test_anothers_webhook_is_not_found(browser, make, repository):
    nikos = UserFactory()
    webhook = make(nikos)
    told = delivery(webhook, repository)
    at = f"{LIST}/{webhook.pk}"

    assert browser.get(at).status_code == 404
    assert browser.get(f"{at}/deliveries/{told.pk}").status_code == 404
    for act in ("switch", "delete", f"deliveries/{told.pk}/again"):
        assert browser.post(f"{at}/{act}").status_code == 404
    assert Delivery.objects.count() == 1


def test_a_delivery_is_found_under_its_own_webhook_alone(
    browser, maria, make, repository
):
    one, other = make(maria), make(maria)
    told = delivery(one, repository)

    assert browser.get(f"{LIST}/{other.pk}/deliveries/{told.pk}").status_code == 404


@pytest.mark.parametrize("many", [1, 20])
def test_lists_take_as_many_queries_however_long(
    browser, maria, make, repository, django_assert_num_queries, many
):
    webhooks = [make(maria) for _ in range(many)]
    for _ in range(many):
        delivery(webhooks[0], repository)

    with django_assert_num_queries(5):  # session, user, webhooks, watched, names
        browser.get(LIST)
    with django_assert_num_queries(6):  # and deliveries
        browser.get(f"{LIST}/{webhooks[0].pk}")


def test_staff_see_no_secret_and_no_payload(client, make, maria, repository):
    staff = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(staff)
    webhook = make(maria, secret="open-sesame")
    told = delivery(webhook, repository, response_excerpt="their answer")

    for path in (f"webhook/{webhook.pk}", f"delivery/{told.pk}"):
        page = client.get(f"/admin/webhooks/{path}/change/").content.decode()
        assert "open-sesame" not in page
        assert "their answer" not in page
    client.post(
        "/admin/webhooks/webhook/",
        {"action": "switch_off", "_selected_action": [str(webhook.pk)]},
    )
    assert not Webhook.objects.get().is_enabled


def test_the_admin_offers_nothing_else():
    request = RequestFactory().get("/")
    for model in (Webhook, Delivery):
        assert not site._registry[model].has_add_permission(request)
        assert not site._registry[model].has_change_permission(request)


def test_a_webhook_off_offers_no_sending_again(browser, maria, make, repository):
    webhook = make(maria)
    told = delivery(webhook, repository)
    services.set_enabled(maria, webhook=webhook, enabled=False, at=NOON)

    page = browser.get(f"{LIST}/{webhook.pk}/deliveries/{told.pk}").content.decode()
    answer = browser.post(
        f"{LIST}/{webhook.pk}/deliveries/{told.pk}/again", follow=True
    )

    assert "Send again" not in page
    assert "Switch it on first." in answer.content.decode()
