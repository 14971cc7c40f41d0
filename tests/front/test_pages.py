import pytest
from django.test import Client

from marketplace.config.env import Environment
from marketplace.config.services import origins_of_bytes
from tests.factories.accounts import UserFactory

STATIC = ["/pricing", "/learn", "/learn/guides/buyer"]


@pytest.mark.parametrize("path", STATIC)
def test_what_is_the_same_for_everyone_asks_the_database_nothing(client, path):
    answer = client.get(path)  # no database mark: a query would fail

    assert answer.status_code == 200
    assert answer.content.count(b"<h1") == 1


@pytest.mark.parametrize("path", [*STATIC, "/there/is/nothing"])
def test_pages_may_load_nothing_from_elsewhere_nor_run_inline_scripts(client, path):
    answer = client.get(path)

    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    for forbidden in (b"<script>", b" style=", b" onclick=", b"javascript:"):
        assert forbidden not in answer.content


def test_a_worker_may_compile_webassembly_and_no_other_script_may(client):
    worker = client.head("/static/workers/hasher.js")
    script = client.head("/static/upload/page.js")

    assert worker.status_code == script.status_code == 200
    policy = worker["Content-Security-Policy"]
    assert policy == "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"
    assert "wasm" not in script["Content-Security-Policy"]


def test_pages_may_send_to_the_store_that_browsers_reach():
    inside = "s3://KEY:SECRET@10.0.0.5:9000/bucket?secure=0"
    public = f"{inside}&public=https://bytes.example.org/"

    origins = [
        origins_of_bytes(Environment(storage_url=url, files_url="https://f.example"))
        for url in (inside, public)
    ]

    assert origins == [
        ["http://10.0.0.5:9000", "https://f.example"],
        ["https://bytes.example.org", "https://f.example"],
    ]


def test_anonymous_pages_set_no_cookie_so_that_caches_may_keep_them(client):
    answer = client.get("/learn")

    assert answer.cookies == {}
    assert b"csrf" not in answer.content


def test_the_price_page_shows_what_the_operator_set(client, settings):
    settings.STOA = Environment(fee_bps=1250, currency="JPY", operator_name="Hermes")

    page = client.get("/pricing").content.decode()

    assert "Hermes keeps 12.5\xa0% of the price" in page
    assert "¥\xa0500" in page
    assert "¥\xa062" in page
    assert "¥\xa0438" in page


def test_without_a_fee_the_price_page_says_that_all_is_the_owners(client, settings):
    settings.STOA = Environment(fee_bps=0)

    assert "keeps nothing" in client.get("/pricing").content.decode()


@pytest.mark.parametrize("allowed", [True, False])
def test_every_page_says_when_isolation_is_off(client, settings, allowed):
    settings.STOA = Environment(allow_unsandboxed=allowed, debug=allowed)

    shown = "Isolation is off" in client.get("/learn").content.decode()

    assert shown is allowed


def test_sign_up_is_offered_only_where_it_is_open(client, settings):
    settings.STOA = Environment(signup_is_open=False)

    assert "Sign up" not in client.get("/learn").content.decode()


def test_crawlers_are_kept_from_private_and_endless_pages(client):
    answer = client.get("/robots.txt")

    assert answer["Content-Type"] == "text/plain"
    assert b"Disallow: /settings/" in answer.content
    assert b"Disallow: /search" in answer.content


def test_browsers_learn_where_to_search(client, settings):
    settings.STOA = Environment(base_url="https://stoa.example")

    answer = client.get("/opensearch.xml")

    assert answer["Content-Type"] == "application/opensearchdescription+xml"
    assert b'template="https://stoa.example/search?q={searchTerms}"' in answer.content


def test_the_icon_is_found_where_browsers_look(client):
    assert client.get("/favicon.ico")["Location"] == "/static/favicon.svg"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "status"), [("nobody", 302), ("member", 403), ("staff", 200)]
)
def test_the_style_page_is_for_staff(who, status):
    client = Client()
    if who != "nobody":
        client.force_login(UserFactory(is_staff=who == "staff"))

    assert client.get("/style").status_code == status


@pytest.mark.django_db
def test_members_find_their_menu_and_the_secret_for_htmx(client):
    user = UserFactory()
    client.force_login(user)

    page = client.get("/learn").content.decode()

    assert f'href="/people/{user.username}"' in page
    assert "hx-headers" in page
    assert 'href="/operator"' not in page


@pytest.mark.django_db
def test_staff_find_the_operator_pages_in_their_menu(client):
    client.force_login(UserFactory(is_staff=True))

    assert 'href="/operator"' in client.get("/learn").content.decode()
