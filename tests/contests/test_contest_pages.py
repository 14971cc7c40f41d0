"""Pages in their order, written with a preview, and kits that entrants begin from."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from marketplace.catalog.changes import AddFile
from marketplace.catalog.models import Visibility
from marketplace.catalog.services import commit_files
from marketplace.kit.errors import Malformed
from marketplace.storage.services import store_bytes
from tests.contests.asking import each, signed_in, text_of, url
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import ContestFactory, enter
from training.contests import services
from training.contests.models import ContestPage
from training.contests.services.kits import KitNameTaken
from training.contests.services.pages import MOST_PAGES

pytestmark = pytest.mark.django_db
JSON = "application/json"
KIT = b"print('begin')\n"


def slugs(contest):
    return list(contest.pages.order_by("number").values_list("number", "slug"))


def test_a_host_writes_pages_with_a_preview_and_everyone_reads_them_in_order(people):
    contest = ContestFactory(host=people["host"])
    page, host = f"/contests/{contest.slug}/pages", signed_in(contest.host)
    said = {"title": "The  data", "text": "Two <script>birds</script> and *one*."}
    shown = text_of(host.post(page, {**said, "act": "preview"}))
    assert "Preview: The data" in shown
    assert "<em>one</em>" in shown
    assert not ContestPage.objects.exists()
    host.post(page, said)
    for title in ("Évaluation", "The data", "日本"):
        host.post(page, {"title": title, "text": "How."})
    assert slugs(contest) == [
        (1, "the-data"),
        (2, "evaluation"),
        (3, "the-data-2"),
        (4, "page"),
    ]
    host.post(f"{page}/page/up")
    host.post(f"{page}/the-data/down")
    host.post(f"{page}/the-data-2/remove")
    host.post(f"{page}/evaluation/up")  # the first goes no further
    assert slugs(contest) == [(1, "evaluation"), (2, "the-data"), (3, "page")]
    edit = f"{page}/the-data/edit"
    assert "Two &lt;script" in text_of(host.get(edit))
    changed = {"title": "Data", "text": "# Three\n\n<b>birds</b>"}
    assert "Preview: Data" in text_of(host.post(edit, {**changed, "act": "preview"}))
    assert contest.pages.get(number=2).title == "The data"
    host.post(edit, changed)
    for who in (None, UserFactory()):
        told = text_of(signed_in(who).get(f"{page}/the-data"))
        assert "&lt;b&gt;birds&lt;/b&gt;" in told
        assert re.findall(r"/pages/([-a-z]+)\"", told) == [
            "evaluation",
            "the-data",
            "page",
        ]
        about = text_of(signed_in(who).get(f"/contests/{contest.slug}"))
        assert f"{page}/evaluation" in about
    assert signed_in().get(f"{page}/elsewhere").status_code == 404


def test_pages_over_the_api_keep_their_places_and_only_hosts_write(
    contest, people, django_assert_num_queries
):
    host, at = signed_in(contest.host), url(contest, "pages")
    body = {"title": "Data", "text": "Some."}
    for who, status in each(401, 403, 403, 201, 201):
        answer = signed_in(people[who]).post(at, body, JSON)
        assert (who, answer.status_code) == (who, status)
    for bad in ({"title": "", "text": "x"}, {"title": "x", "text": "a\0"}, {}):
        assert host.post(at, bad, JSON).status_code == 400
    put = host.put(f"{at}/data", {**body, "title": "Rows", "number": 9}, JSON)
    assert put.json() == {
        "number": 2,
        "slug": "data",
        "title": "Rows",
        "text": "Some.",
    }
    with django_assert_num_queries(3):
        told = signed_in().get(at).json()["pages"]
    assert [(one["number"], one["slug"]) for one in told] == [
        (1, "data-2"),
        (2, "data"),
    ]
    assert signed_in().get(f"{at}/data").json()["title"] == "Rows"
    assert host.put(f"{at}/none", body, JSON).json()["code"] == "no_such_page"
    assert host.delete(f"{at}/data-2").status_code == 204
    assert slugs(contest) == [(1, "data")]
    ContestPage.objects.bulk_create(
        ContestPage(contest=contest, number=n, slug=f"p{n}", title="x", text="x")
        for n in range(2, MOST_PAGES + 1)
    )
    assert "at most 30" in host.post(at, body, JSON).json()["detail"]


def test_a_kit_is_taken_with_its_digest_by_who_has_joined_and_by_nobody_else(people):
    contest = ContestFactory(host=people["host"], rules="Be kind.")
    entrant, host = enter(contest).user, signed_in(contest.host)
    page, at = f"/contests/{contest.slug}/kits", url(contest, "kits")
    sent = {"file": SimpleUploadedFile("../begin.py", KIT)}
    assert host.post(page, sent).status_code == 302
    again = {"file": SimpleUploadedFile("begin.py", b"x")}
    assert "called “begin.py” already" in text_of(host.post(page, again))
    assert "one of both" in text_of(host.post(page, {"revision": "v1"}))
    kit = contest.kits.get()
    (told,) = signed_in().get(at).json()["kits"]
    assert (told["name"], told["size_bytes"]) == ("begin.py", len(KIT))
    assert told["sha256"] == hashlib.sha256(KIT).hexdigest()
    assert (told["repository"], told["commit"]) == (None, None)
    about = text_of(signed_in(people["stranger"]).get(f"/contests/{contest.slug}"))
    assert told["sha256"] in about
    assert "Join to take it" in about
    for who, status in ((entrant, 302), (people["stranger"], 403), (contest.host, 302)):
        assert signed_in(who).get(f"{page}/{kit.pk}").status_code == status
        assert signed_in(who).get(f"{at}/{kit.pk}").status_code == status
    assert signed_in().get(f"{at}/{kit.pk}").status_code == 401
    assert signed_in(entrant).delete(f"{at}/{kit.pk}").status_code == 403
    host.post(f"{page}/{kit.pk}/remove")
    assert host.delete(f"{at}/{kit.pk}").json()["code"] == "no_such_kit"
    assert "No starting kit yet" in text_of(host.get(page))


def test_a_repository_is_a_kit_as_it_was_when_it_was_given(contest):
    host, at, now = signed_in(contest.host), url(contest, "kits"), timezone.now()
    owner = contest.host
    repository = RepositoryFactory(owner=owner, name="start")

    def commit(text):
        blob = store_bytes(text.encode(), stored_at=now)
        return commit_files(
            owner,
            repository=repository,
            changes=[AddFile("a.txt", blob)],
            message="Write",
            committed_at=now,
        )

    given = commit("one")
    name = f"{repository.plural}/{repository}"
    made = host.post(at, {"repository": name}, JSON).json()
    commit("two")
    (told,) = host.get(at).json()["kits"]
    assert told == made
    assert (told["repository"], told["commit"]) == (name, given.oid)
    led = host.get(f"{at}/{told['id']}")
    assert led["Location"].endswith(f"/tree/{given.oid}")
    assert f'commit</span> <code class="wraps">{given.oid}' in text_of(
        host.get(f"/contests/{contest.slug}")
    )
    hidden = RepositoryFactory(visibility=Visibility.PRIVATE)
    for bad in (f"{hidden.plural}/{hidden}", "birds", "spaces/a/b", "datasets/no/one"):
        assert host.post(at, {"repository": bad}, JSON).status_code == 400
    old = {"repository": name, "revision": "v9"}
    assert host.post(at, old, JSON).json()["code"] == "revision_not_found"
    with pytest.raises(KitNameTaken):
        services.add_kit(owner, contest=contest, name=told["name"], what=given, at=now)
    with pytest.raises(Malformed, match="1 byte"):
        services.add_kit(
            owner,
            contest=contest,
            name="empty",
            what=store_bytes(b"", stored_at=now),
            at=now,
        )


def test_a_clone_brings_pages_and_kits_along(contest):
    host, now = contest.host, timezone.now()
    services.add_page(host, contest=contest, title="Data", text="Some.", at=now)
    blob = store_bytes(KIT, stored_at=now)
    services.add_kit(host, contest=contest, name="begin.py", what=blob, at=now)
    made = services.clone_contest(
        host,
        contest=contest,
        slug="again",
        title="Again",
        starts_at=now,
        ends_at=now + timedelta(days=9),
        at=now,
    )
    assert [(each.slug, each.text) for each in made.pages.all()] == [("data", "Some.")]
    assert [(each.name, each.blob_id) for each in made.kits.all()] == [
        ("begin.py", blob.pk)
    ]
