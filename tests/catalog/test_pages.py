"""What people see of a repository, and what they may not."""

import pytest

from marketplace.catalog.models import Download, Visibility
from marketplace.catalog.services import share
from tests.accounts.markup import Page
from tests.catalog.conftest import EVERYONE
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit, unstored_blob
from tests.factories.licensing import make_offer, make_order, pay

pytestmark = pytest.mark.django_db

SEERS = {"viewer", "editor", "reader", "writer", "owner"}
CHANGERS = {"editor", "writer", "owner"}
XSS = "<script>alert(1)</script>"


def visit(client, user, path):
    if user is not None:
        client.force_login(user)
    return client.get(path)


def page_of(repository, *below):
    return "/".join(["", repository.plural, str(repository), *below])


@pytest.fixture
def filled(repository):
    """The private dataset, with a card, a table and a folder."""
    files = {
        "README.md": "---\ntags: [birds]\ntask_categories: [image-classification]\n"
        "---\n# Birds\n\nSee [rows](data/rows.csv) and ![one](data/one.png).\n",
        "data/rows.csv": "id,name\n1,wren\n",
        "data/one.png": b"\x89PNG\r\n\x1a\n",
    }
    commit(repository, files, message="Begin\n\nWith three files.")
    return repository


@pytest.fixture
def public():
    return RepositoryFactory(public=True, title="Open birds")


def paths_for_seers(repository):
    oid = repository.commits.get().oid
    return [
        page_of(repository),
        page_of(repository, "tree/main"),
        page_of(repository, "tree/main/data"),
        page_of(repository, f"tree/{oid}"),
        page_of(repository, "blob/main/data/rows.csv"),
        page_of(repository, "commits/main"),
        page_of(repository, "commit", oid),
    ]


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_see_it_sees_every_page_and_to_others_there_is_none(
    client, filled, people, who
):
    wanted = 200 if who in SEERS else 404

    found = {
        path: visit(client, people[who], path).status_code
        for path in paths_for_seers(filled)
    }

    assert set(found.values()) == {wanted}, found


@pytest.mark.parametrize("who", EVERYONE)
def test_bytes_are_redirected_to_for_those_who_may_see_it(client, filled, people, who):
    answer = visit(client, people[who], page_of(filled, "raw/main/data/rows.csv"))

    may = who in SEERS
    assert answer.status_code == (302 if may else 404)
    assert Download.objects.count() == (1 if may else 0)


@pytest.mark.parametrize("below", ["upload", "settings", "remove/data/rows.csv"])
@pytest.mark.parametrize("who", EVERYONE)
def test_pages_for_those_who_change_it(client, filled, people, who, below):
    answer = visit(client, people[who], page_of(filled, below))

    if who == "nobody":
        assert answer.status_code == 302
        assert answer.url == f"/accounts/login/?next={page_of(filled, below)}"
    else:
        wanted = 200 if who in CHANGERS else 403 if who in SEERS else 404
        assert answer.status_code == wanted


@pytest.mark.parametrize("below", ["", "tree/main", "commits/main"])
def test_an_empty_repository_has_pages(client, repository, people, below):
    path = page_of(repository, below).rstrip("/")
    viewer = visit(client, people["viewer"], path).content.decode()
    owner = visit(client, people["owner"], path).content.decode()

    assert page_of(repository, "upload") not in viewer
    assert page_of(repository, "upload") in owner


def test_every_page_can_be_read_out(client, filled, people):
    paths = [*paths_for_seers(filled), "/new"]
    paths += [page_of(filled, below) for below in ("upload", "settings")]
    paths += [
        page_of(filled, "blob/main", name) for name in ("README.md", "data/one.png")
    ]
    client.force_login(people["owner"])

    flaws = {path: Page(client.get(path)).flaws() for path in paths}

    assert {path: found for path, found in flaws.items() if found} == {}


def test_the_card_is_rendered_and_its_links_lead_to_files(client, filled, people):
    html = visit(client, people["viewer"], page_of(filled)).content.decode()

    assert f'href="{page_of(filled, "blob/main/data/rows.csv")}"' in html
    assert f'src="{page_of(filled, "raw/main/data/one.png")}?inline=1"' in html
    assert "/datasets?task=image-classification" in html
    assert "/datasets?tag=birds" in html
    assert "STOA_TOKEN" in html


def test_the_rights_of_a_repository_lead_back_to_its_files(client, public):
    told = visit(client, None, f"/works/{public.work_id}").content.decode()

    assert f'<a href="{page_of(public)}">Its files</a>' in told


def test_links_that_leave_the_repository_are_left_alone(client, public):
    card = "[a](../../settings) [b](/x) [c](https://example.org) [d](#e) [f](//g)"
    commit(public, {"README.md": card})

    html = client.get(page_of(public)).content.decode()

    for written in ("../../settings", "/x", "https://example.org", "#e", "//g"):
        assert f'href="{written}"' in html


def test_another_case_of_the_name_leads_to_the_one_as_written(client, public):
    answer = client.get(page_of(public).upper().replace("/DATASETS", "/datasets"))

    assert (answer.status_code, answer.url) == (302, page_of(public))


def test_what_strangers_write_is_shown_and_not_run(client, public):
    public.title = public.summary = XSS
    public.save(update_fields=["title", "summary"])
    name = "<img src=x onerror=alert(1)>.txt"
    row = f'"{XSS}"\n'
    commit(
        public,
        {
            "README.md": f"# {XSS}\n\n[x](javascript:alert(1))\n",
            name: XSS,
            "rows.csv": row + row,
            f"{XSS[:8]}/page.html": XSS,
        },
        message=XSS,
    )
    oid = public.commits.get().oid
    below = [
        "",
        "/tree/main",
        "/tree/main/%3Cscript%3E",
        "/blob/main/%3Cimg%20src=x%20onerror=alert(1)%3E.txt",
        "/blob/main/rows.csv",
        "/blob/main/README.md",
        "/blob/main/%3Cscript%3E/page.html",
        "/commits/main",
        f"/commit/{oid}",
    ]

    for rest in below:
        answer = client.get(page_of(public) + rest)
        html = answer.content.decode()
        assert answer.status_code == 200, rest
        assert "<script>alert" not in html, rest
        assert "<img src=x" not in html, rest
        assert 'href="javascript' not in html, rest


class TestPaid:
    @pytest.fixture
    def paid(self):
        paid = RepositoryFactory(public=True, licence_id="")
        commit(paid, {"README.md": "# Card", "rows.csv": "id\nsecret-cell\n"})
        self.offer = make_offer(paid.work)
        return paid

    def test_a_stranger_sees_what_the_file_is_and_not_what_is_in_it(self, client, paid):
        answer = visit(client, UserFactory(), page_of(paid, "blob/main/rows.csv"))
        html = answer.content.decode()

        assert answer.status_code == 200
        assert "secret-cell" not in html
        assert f"/works/{paid.work_id}" in html
        assert "SHA-256" in html

    def test_the_bytes_are_refused_with_where_to_buy(self, client, paid):
        answer = visit(client, UserFactory(), page_of(paid, "raw/main/rows.csv"))

        assert answer.status_code == 403
        assert f"/works/{paid.work_id}" in answer.content.decode()
        assert not Download.objects.exists()

    def test_nobody_is_asked_to_sign_in_for_the_bytes(self, client, paid):
        answer = client.get(page_of(paid, "raw/main/rows.csv"))

        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/?next=")

    def test_a_picture_of_a_paid_work_is_refused_inline_too(self, client, paid):
        commit(paid, {"one.png": b"\x89PNG"})
        path = page_of(paid, "raw/main/one.png?inline=1")

        assert visit(client, UserFactory(), path).status_code == 403

    def test_the_price_and_what_to_do_stand_beside_the_card(self, client, paid):
        html = visit(client, UserFactory(), page_of(paid)).content.decode()

        assert "€\xa0100.00" in html
        assert f"/offers/{self.offer.pk}" in html
        assert "You get it by ordering. Choose an offer." in html

    def test_a_buyer_sees_the_rows_and_takes_the_bytes(self, client, paid):
        buyer = UserFactory()
        pay(make_order(self.offer, buyer))
        shown = visit(client, buyer, page_of(paid, "blob/main/rows.csv"))
        taken = client.get(page_of(paid, "raw/main/rows.csv"))

        assert "secret-cell" in shown.content.decode()
        assert taken.status_code == 302
        assert "You have ordered this" in client.get(page_of(paid)).content.decode()


class TestQueries:
    @pytest.mark.parametrize("count", [1, 30])
    def test_a_repository(self, client, public, django_assert_num_queries, count):
        commit(public, {"README.md": "# A"} | {f"{n}.csv": "a" for n in range(count)})

        with django_assert_num_queries(12):
            client.get(page_of(public))

    @pytest.mark.parametrize("count", [1, 30])
    def test_a_folder(self, client, public, django_assert_num_queries, count):
        for n in range(count):
            commit(public, {f"data/{n}.csv": unstored(f"{n}"), f"x/{n}": unstored("x")})

        with django_assert_num_queries(7):
            assert client.get(page_of(public, "tree/main/data")).status_code == 200

    @pytest.mark.parametrize("count", [1, 30])
    def test_the_history(self, client, public, django_assert_num_queries, count):
        for n in range(count):
            commit(public, {f"{n}.csv": f"{n}"})

        with django_assert_num_queries(4):
            assert client.get(page_of(public, "commits/main")).status_code == 200

    @pytest.mark.parametrize("count", [1, 30])
    def test_a_commit(self, client, public, django_assert_num_queries, count):
        made = commit(public, {f"{n}.csv": "a" for n in range(count)})

        with django_assert_num_queries(3):
            answer = client.get(page_of(public, "commit", made.oid))

        assert answer.content.decode().count("Added") == count

    @pytest.mark.parametrize("count", [1, 15])
    def test_settings(self, client, public, django_assert_num_queries, count, share_it):
        share_it(public, count)
        client.force_login(public.created_by)

        with django_assert_num_queries(5):  # the last: where it may be moved to
            assert client.get(page_of(public, "settings")).status_code == 200


@pytest.fixture
def share_it():
    def share_it(repository, count):
        for person in UserFactory.create_batch(count):
            share(
                repository.created_by,
                repository=repository,
                user=person,
                role="VIEWER",
                shared_at=NOON,
            )

    return share_it


def unstored(text):
    blob = unstored_blob(text)
    type(blob).objects.get_or_create(
        pk=blob.pk, defaults={"size_bytes": 1, "stored_at": blob.stored_at}
    )
    return blob


def test_large_folders_are_paged_and_nothing_is_left_out(client, public):
    commit(public, {f"images/{n:04}.png": unstored("same") for n in range(250)})
    seen, url = [], page_of(public, "tree/main/images")

    while url:
        answer = client.get(url)
        seen += [row.entry.name for row in answer.context["rows"]]
        url = answer.context["next_url"]

    assert seen == [f"{n:04}.png" for n in range(250)]


def test_a_commit_tells_what_came_changed_and_went(client, public):
    commit(public, {"a.txt": "1", "b.txt": "1", "c/d.txt": "1"})
    made = commit(public, {"a.txt": "2", "b.txt": None, "e.txt": "1"})

    answer = client.get(page_of(public, "commit", made.oid))

    acts = [(change.path, change.act) for change in answer.context["changes"]]
    assert acts == [("a.txt", "Changed"), ("b.txt", "Removed"), ("e.txt", "Added")]


def test_an_old_version_shows_what_was_then(client, public):
    first = commit(public, {"a.txt": "the first"})
    commit(public, {"a.txt": "the second", "b.txt": "b"})

    listed = client.get(page_of(public, "tree", first.oid)).content.decode()
    shown = client.get(page_of(public, f"blob/{first.oid}/a.txt")).content.decode()

    assert "b.txt" not in listed
    assert "the first" in shown


@pytest.mark.parametrize(
    "below",
    [
        "tree/nothing",
        "tree/main/nothing",
        "blob/main/nothing",
        "raw/main/nothing",
        "commits/nothing",
        "commit/" + "0" * 40,
        "blob/main/a%00b",
        "tree/a%00b",
    ],
)
def test_what_is_not_there_is_not_found(client, public, below):
    commit(public, {"a.txt": "1"})

    assert client.get(page_of(public, below)).status_code == 404


def test_a_folder_and_a_file_lead_to_their_own_kind_of_page(client, public):
    commit(public, {"data/a.txt": "1"})

    folder = client.get(page_of(public, "blob/main/data"))
    file = client.get(page_of(public, "tree/main/data/a.txt"))

    assert folder.url == page_of(public, "tree/main/data")
    assert file.url == page_of(public, "blob/main/data/a.txt")


def test_a_cursor_of_ones_own_making_is_refused(client, public):
    commit(public, {"data/a.txt": "1"})

    assert client.get(page_of(public, "tree/main?cursor=x")).status_code == 400


def test_a_private_repository_becomes_visible_with_its_visibility(client, filled):
    assert client.get(page_of(filled)).status_code == 404

    filled.visibility = Visibility.PUBLIC
    filled.save(update_fields=["visibility"])

    assert client.get(page_of(filled)).status_code == 200


def test_the_page_of_its_rights_leads_back_to_its_files(client, public):
    html = client.get(f"/works/{public.work_id}").content.decode()

    assert f'href="{page_of(public)}">Its files' in html
