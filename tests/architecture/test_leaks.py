"""What is private shows nowhere to those whom it is not shared with."""

import io
import zipfile

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.architecture.addresses import (
    PREFIX,
    SIGN_IN_PAGES,
    filled,
    made_up,
    parameters_of,
)
from tests.architecture.holders import (
    HOLDERS,
    SEE,
)
from tests.architecture.permissions import (
    API,
    GET,
    PAGES,
    kind_of,
)
from tests.readable import readable
from tests.signing_in import signed_in
from tests.world import SECRET, hidden_words, places
from training.runs.models import WorkerReport

READ = [f"{PREFIX}{route}" for route in API if GET in API[route]]
READ += [route for route in PAGES if GET in PAGES[route]]
SEARCHES = [
    f"{place}?{query}"
    for place in ("search", "datasets", "models", "contests", f"{PREFIX}search")
    for query in (
        "q=nests", "q=counts", "q=net", "q=gone", "q=cup", "q=mx-owner",
        "owner=mx-owner", "owner=fieldwork", "sort=updated", "limit=100",
    )
]  # fmt: skip
ACTS = ("change", "delete", "history")
FEW = {WorkerReport}  # so few that nobody searches
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


def browser_of(who, world):
    return Client() if who == "anonymous" else signed_in(world[who])


def body_of(answer):
    """Return what was answered; of a ZIP, what is in it."""
    body = b"".join(answer) if answer.streaming else answer.content
    if answer.headers.get("Content-Type") != "application/zip":
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"".join(map(archive.read, archive.namelist()))


def shown_hidden(answer, world):
    """Return the hidden words in what was answered, if anything was."""
    if answer.status_code != 200:
        return []
    told = readable(body_of(answer)).lower()
    return [word for word in hidden_words(world) if word.lower() in told]


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
@pytest.mark.parametrize("route", READ, ids=lambda route: f"/{route}")
def test_no_address_shows_a_stranger_anything_hidden(route, who, world, db):
    kind = kind_of(route.removeprefix(PREFIX))
    things = HOLDERS[kind] if parameters_of(route) else {"": {}}
    browser = browser_of(who, world)

    for thing, rights in things.items():
        if who in rights.get(SEE, ()) and "anonymous" not in rights[SEE]:
            continue  # it is their own
        path = f"/{filled(route, places(world).get(kind, {}).get(thing, {}))}"
        assert (path, shown_hidden(browser.get(path), world)) == (path, [])


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
@pytest.mark.parametrize("path", SEARCHES)
def test_no_search_finds_a_stranger_anything_hidden(path, who, world, db):
    assert shown_hidden(browser_of(who, world).get(f"/{path}"), world) == []


@pytest.mark.parametrize("path", ["search?q=nests", f"{PREFIX}search?q=nests"])
def test_the_same_search_finds_it_for_whom_it_is_shared_with(path, world, db):
    assert shown_hidden(browser_of("reader", world).get(f"/{path}"), world) != []


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
@pytest.mark.parametrize(
    "path",
    [
        f"datasets/mx-owner/{SECRET}-nests",
        f"models/mx-owner/{SECRET}-net",
        f"datasets/mx-owner/{SECRET}-gone",
        f"contests/{SECRET}-cup",
    ],
)
def test_what_is_hidden_is_refused_in_the_words_for_what_is_not_there(
    path, who, world, db
):
    browser = browser_of(who, world)
    hidden = browser.get(f"/{PREFIX}{path}")
    absent = browser.get(f"/{PREFIX}{path.replace(SECRET, 'phoenixes')}")

    assert hidden.status_code == absent.status_code == 404
    assert (
        hidden.content.decode().replace(SECRET, "phoenixes") == absent.content.decode()
    )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_in_the_admin_staff_look_for_things_and_change_none_and_others_see_none(
    model, world, db
):
    where = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    paths = [reverse(f"{where}_changelist"), reverse(f"{where}_add")]
    first = model._default_manager.first()
    if first is not None:
        paths += [reverse(f"{where}_{act}", args=[first.pk]) for act in ACTS]
    staff, owner = browser_of("staff", world), browser_of("owner", world)

    assert admin.site._registry[model].search_fields or model in FEW
    assert staff.get(paths[0], {"q": "x"}).status_code == 200
    for path in paths:
        is_looking = path.endswith(("/change/", "/history/")) or path == paths[0]
        assert staff.get(path).status_code == (200 if is_looking else 403)
        if not path.endswith("/history/") and path != paths[0]:
            assert staff.post(path, {"post": "yes"}).status_code == 403
        for other in (owner, Client()):
            assert other.get(path)["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("route", sorted(SIGN_IN_PAGES))
@pytest.mark.parametrize("who", ["anonymous", "owner"])
def test_the_pages_of_signing_in_answer_everyone(route, who, world, db):
    answer = browser_of(who, world).get(f"/{made_up(route)}")

    # 403: they have no password to give; 404: and no recovery codes to see
    assert answer.status_code in {200, 302, 403, 404}
