import csv
import io

import pytest

from marketplace.catalog import services
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import AccessRequest, AccessState
from tests.catalog.gating import CARD, ask, gated
from tests.factories.accounts import NOON, OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import DAY, make_offer

pytestmark = pytest.mark.django_db
GIVEN = {
    "field0": "Ornis",
    "field1": "Greece",
    "field2": "on",
    "field3": "Other",
    "field4": "2026-01-31",
}


def at(repository, *rest):
    return "/".join([f"/{repository.plural}", str(repository), *rest])


def text_of(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def rows_of(answer):
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.getvalue().decode())))


def test_everyone_sees_the_gate_its_terms_and_what_owners_will_see(browser):
    repository = gated(card=CARD)

    for page in (at(repository), at(repository, "access")):
        told = text_of(browser().get(page))
        assert "Say who you are" in told
        assert "You agree to <strong>count</strong> birds." in told
        assert "which files you take and when" in told
        assert f"/accounts/login/?next={at(repository, 'access')}" in told
        asked = text_of(browser(UserFactory()).get(page))
        assert "I count birds" in asked
        assert "I agree" in asked
    owners = text_of(browser(repository.created_by).get(at(repository)))
    assert "This is what they see" in owners


def test_one_asks_on_the_page_and_takes_it_back(browser):
    repository, asker = gated(card=CARD), UserFactory()
    page = browser(asker)

    answer = page.post(at(repository, "access"), GIVEN, follow=True)

    assert "The owners have not answered yet" in text_of(answer)
    assert AccessRequest.objects.get().answers == {
        "Company": "Ornis",
        "Where you work": "Greece",
        "I count birds": True,
        "Purpose": "Other",
        "Since": "2026-01-31",
    }
    answer = page.post(at(repository, "access", "cancel"), follow=True)
    assert "taken back" in text_of(answer)
    answer = page.post(at(repository, "access", "cancel"), follow=True)
    assert "You have no request here" in text_of(answer)
    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"field0": ""},
        {"field2": ""},
        {"field3": "Else"},
        {"field4": "never"},
        {"field0": "x" * 1001},
        {"field0": "a\0"},
    ],
)
def test_a_form_that_will_not_do_comes_back_with_what_was_said(browser, wrong):
    repository = gated(card=CARD)

    told = text_of(
        browser(UserFactory()).post(at(repository, "access"), {**GIVEN, **wrong})
    )

    assert "field--bad" in told
    assert "Greece" in told
    assert not AccessRequest.objects.exists()


def test_who_is_refused_is_led_to_the_gate(browser):
    repository, asker = gated(), UserFactory()
    blob, raw = at(repository, "blob/main/a"), at(repository, "raw/main/a")

    for client in (browser(), browser(asker)):
        assert f'href="{at(repository, "access")}">Ask for access' in text_of(
            client.get(blob)
        )
        refused = client.get(raw)
        assert refused.status_code == 403
        assert at(repository, "access") in refused.content.decode()
    services.grant_access(
        repository.created_by, repository=repository, user=asker, granted_at=NOON
    )
    assert browser(asker).get(raw).status_code == 302
    assert "You are let in since" in text_of(browser(asker).get(at(repository)))


def test_a_page_of_a_gate_that_is_not_there_leads_to_the_repository(browser):
    repository = RepositoryFactory(public=True)

    answer = browser().get(at(repository, "access"))

    assert (answer.status_code, answer["Location"]) == (302, at(repository))


def test_owners_let_in_turn_down_and_take_back_on_the_page(browser):
    repository, asker = gated(card=CARD), UserFactory(full_name="Maria P.")
    page = browser(repository.created_by)
    browser(asker).post(at(repository, "access"), GIVEN)
    requests = at(repository, "settings", "requests")

    told = text_of(page.get(requests))
    assert "Maria P." in told
    assert "Ornis" in told
    decide = f"{requests}/decide"
    asked = {"request": AccessRequest.objects.get().pk}
    page.post(decide, {**asked, "state": "ACCEPTED"})
    assert AccessRequest.objects.get().state == AccessState.ACCEPTED
    assert asker.username in text_of(page.get(f"{requests}?state=ACCEPTED"))
    page.post(decide, {**asked, "state": "REJECTED", "reason": "Schools only."})

    row = AccessRequest.objects.get()
    assert (row.state, row.reason) == (AccessState.REVOKED, "Schools only.")
    assert "Schools only." in text_of(browser(asker).get(at(repository)))
    answer = page.post(decide, {**asked, "state": "ELSE"}, follow=True)
    assert "ELSE" in text_of(answer)
    for nothing in ({}, {"request": "x"}):
        page.post(decide, {**nothing, "state": "ACCEPTED"})
    row.refresh_from_db()
    assert row.state == AccessState.REVOKED


def test_owners_let_somebody_in_by_name(browser):
    repository, friend = gated(), UserFactory()
    grant = at(repository, "settings", "requests", "grant")
    page = browser(repository.created_by)

    assert "Nobody here has that name" in text_of(page.post(grant, {"user": "none"}))
    page.post(grant, {"user": friend.username})

    assert AccessRequest.objects.get().user == friend


def test_owners_take_all_requests_along_as_a_table(browser):
    repository = gated(card=CARD)
    first, second = UserFactory(full_name="=cmd()"), UserFactory()
    browser(first).post(at(repository, "access"), {**GIVEN, "field0": "@SUM(A1)"})
    services.grant_access(
        repository.created_by,
        repository=repository,
        user=second,
        granted_at=NOON,
    )

    head, *rows = rows_of(
        browser(repository.created_by).get(at(repository, "settings", "requests.csv"))
    )

    assert head[:4] == ["user", "full_name", "email", "state"]
    assert head[8:10] == ["organisation", "attempt"]
    assert head[10:] == [
        "Company",
        "Where you work",
        "I count birds",
        "Purpose",
        "Since",
    ]
    by_name = {row[0]: row for row in rows}
    assert by_name[first.username][1] == "'=cmd()"
    assert by_name[first.username][10] == "'@SUM(A1)"
    assert by_name[second.username][3] == "ACCEPTED"
    assert by_name[second.username][6] == repository.created_by.username


def test_owners_see_who_took_what_and_take_it_along(browser):
    repository, asker = gated(), UserFactory()
    owner = browser(repository.created_by)
    page = at(repository, "settings", "downloads")
    assert "Nobody yet" in text_of(owner.get(page))
    services.grant_access(
        repository.created_by, repository=repository, user=asker, granted_at=NOON
    )

    browser(asker).get(at(repository, "raw/main/a"))

    assert asker.username in text_of(owner.get(page))
    head, row = rows_of(owner.get(f"{page}.csv"))
    assert head == ["user", "full_name", "at", "path", "sha256"]
    assert (row[0], row[3]) == (asker.username, "a")


PAGES = [("settings/requests?state=ACCEPTED", 5), ("settings/downloads", 4)]


@pytest.mark.parametrize(("rest", "queries"), PAGES)
def test_pages_of_owners_cost_the_same_queries_however_long(
    browser, rest, queries, django_assert_num_queries
):
    repository = gated()
    owner = browser(repository.created_by)
    for count in (1, 9):
        for person in UserFactory.create_batch(count):
            services.grant_access(
                repository.created_by,
                repository=repository,
                user=person,
                granted_at=NOON,
            )
            release_file(person, repository=repository, path="a", at=NOON)
        # session, user, repository, the rows; of requests, what they said before
        with django_assert_num_queries(queries):
            assert owner.get(at(repository, rest)).status_code == 200


def test_whom_a_buyers_downloads_are_told_is_said_beside_the_price(browser):
    sold = RepositoryFactory(public=True, licence_id="")
    commit(sold, {"a": "1"})
    make_offer(sold.work)

    told = text_of(browser(UserFactory()).get(at(sold)))

    assert "which files a buyer downloads and when" in told


def test_the_gate_is_shut_in_the_settings(browser):
    repository = RepositoryFactory(public=True)
    commit(repository, {"a": "1"})
    owner = browser(repository.created_by)

    shut = owner.post(
        at(repository, "settings", "gating"), {"gating": "MANUAL"}, follow=True
    )
    wrong = owner.post(at(repository, "settings", "gating"), {"gating": "AJAR"})

    assert "may be taken by whom its owners let in" in text_of(shut)
    assert "field--bad" in text_of(wrong)
    assert "Gated" in text_of(browser().get(at(repository)))
    repository.refresh_from_db()
    assert repository.gating == "MANUAL"


def test_it_is_moved_in_the_settings_and_former_pages_lead_on(browser):
    repository = RepositoryFactory(public=True, name="birds")
    commit(repository, {"data/a": "1"})
    person = repository.created_by
    guild = OrganisationFactory(owner=person, name="guild")
    owner, former = browser(person), at(repository)

    wrong = owner.post(f"{former}/settings/move", {"namespace": "guild", "name": "a b"})
    assert "field--bad" in text_of(wrong)
    assert former in text_of(wrong)
    done = owner.post(
        f"{former}/settings/move", {"namespace": "guild", "name": "fowl"}, follow=True
    )

    assert done.redirect_chain[-1][0] == "/datasets/guild/fowl/settings"
    for rest in ("", "/tree/main/data", "/blob/main/data/a?plain=1"):
        for client in (browser(), owner):
            moved = client.get(former + rest)
            present = f"/datasets/guild/fowl{rest}"
            assert (moved.status_code, moved["Location"]) == (301, present)
            assert moved["Cache-Control"] == "no-cache"
            assert client.get(present).status_code == 200
    posted = owner.post(f"{former}/settings/archive")
    assert posted.status_code == 307
    assert posted["Location"] == "/datasets/guild/fowl/settings/archive"
    repository.refresh_from_db()
    assert repository.archived_at is None
    assert repository.namespace == guild.namespace


def test_one_may_ask_again_where_a_gate_opens_by_itself_by_now(browser):
    repository, asker = gated(), UserFactory()
    ask(asker, repository, at=NOON + DAY)
    services.set_gating(
        repository.created_by,
        repository=repository,
        gating="AUTOMATIC",
        changed_at=NOON,
    )

    answer = browser(asker).post(at(repository, "access"), follow=True)

    assert "You are let in since" in text_of(answer)
