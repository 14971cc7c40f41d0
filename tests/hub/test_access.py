import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from licensing.services import ask_acceptance
from marketplace.catalog import services
from marketplace.catalog.models import AccessRequest, AccessState, Download, Gating
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.licensing import make_offer
from tests.hub.conftest import put

pytestmark = pytest.mark.django_db
CARD = b"---\nextra_gated_fields:\n  Company: text\n  I agree: checkbox\n---\n# Birds\n"
ANSWERS = {"Company": "Ornis", "I agree": True}


@pytest.fixture
def repository():
    made = RepositoryFactory(public=True, licence_id="")
    put(made, {"README.md": CARD, "rows.csv": b"id\n1\n"})
    services.set_gating(
        made.created_by, repository=made, gating=Gating.MANUAL, changed_at=NOON
    )
    return made


def at(repository, rest=""):
    return f"/api/{repository.plural}/{repository}{rest}"


def resolve(repository, path="rows.csv"):
    return f"/datasets/{repository}/resolve/main/{path}"


def requests_in(client, repository, state):
    answer = client.get(at(repository, f"/user-access-request/{state}"))
    assert answer.status_code == 200
    return answer.json()


def test_one_asks_waits_is_let_in_takes_and_loses_it_again(api, repository):
    asker = UserFactory(full_name="Maria P.")
    mine, theirs = api(asker), api(repository.created_by)

    asked = mine.post(f"/datasets/{repository}/ask-access", ANSWERS)
    assert asked.json() == {"status": "pending"}
    [waiting] = requests_in(theirs, repository, "pending")
    assert waiting["user"] == {
        "user": asker.username,
        "fullname": "Maria P.",
        "email": asker.email,
        "type": "user",
    }
    assert waiting["fields"] == ANSWERS
    assert waiting["timestamp"].endswith("Z")
    handle = at(repository, "/user-access-request/handle")
    told = theirs.post(handle, {"user": asker.username, "status": "accepted"})

    assert told.json()["status"] == "accepted"
    assert requests_in(theirs, repository, "pending") == []
    assert mine.get(resolve(repository)).status_code == 302
    by_id = {"requestId": waiting["requestId"], "status": "rejected"}
    theirs.post(handle, {**by_id, "rejectionReason": "No more."})
    refused = mine.get(resolve(repository))
    assert (refused.status_code, refused["X-Error-Code"]) == (403, "GatedRepo")
    assert "No more." in refused["X-Error-Message"]
    [gone] = requests_in(theirs, repository, "rejected")
    assert gone["rejectionReason"] == "No more."


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_answers_come_as_json_or_as_a_form(api, repository, form):
    sent = {"Company": "Ornis", "I agree": "true"}

    answer = api(UserFactory()).post(
        f"/datasets/{repository}/ask-access", sent, format=form
    )

    assert answer.status_code == 200
    assert AccessRequest.objects.get().answers == ANSWERS


@pytest.mark.parametrize("body", [[], "x", 3, {"Company": "x"}, {"Else": "x"}, None])
def test_answers_that_will_not_do_ask_for_nothing(api, repository, body):
    answer = api(UserFactory()).post(
        f"/datasets/{repository}/ask-access", body, format="json"
    )

    assert answer.status_code == 400
    assert not AccessRequest.objects.exists()


def test_one_takes_ones_request_back(api, repository):
    asker = UserFactory()
    api(asker).post(f"/datasets/{repository}/ask-access", ANSWERS)
    cancel = at(repository, "/user-access-request/cancel")

    assert api(asker).post(cancel).status_code == 200
    assert api(asker).post(cancel).status_code == 404
    assert not AccessRequest.objects.exists()


def test_somebody_is_let_in_by_name(api, repository):
    friend = UserFactory()
    grant = at(repository, "/user-access-request/grant")

    assert api(repository.created_by).post(grant, {"user": friend.username}).json()[
        "status"
    ] == ("accepted")
    assert api(friend).head(resolve(repository)).status_code == 200


@pytest.mark.parametrize(
    ("rest", "body", "status"),
    [
        ("handle", {"user": "nobody-here", "status": "accepted"}, 404),
        ("handle", {"user": "{asker}", "status": "accepted"}, 404),
        ("handle", {"status": "accepted"}, 400),
        ("handle", {"user": "a", "requestId": "a", "status": "accepted"}, 400),
        ("handle", {"requestId": "{id}", "status": "accepted"}, 404),
        ("handle", {"user": "{asker}", "status": "else"}, 400),
        ("handle", {}, 400),
        ("grant", {"user": "nobody-here"}, 404),
        ("grant", {"user": "a\0b"}, 400),
        ("grant", {}, 400),
    ],
)
def test_a_decision_about_nobody_decides_nothing(api, repository, rest, body, status):
    asker = UserFactory()
    filled = {"{asker}": asker.username, "{id}": "5c2c5cc5-2c3b-4b6a-9d28-8a3b5e5ad5e0"}
    sent = {key: filled.get(value, value) for key, value in body.items()}

    answer = api(repository.created_by).post(
        at(repository, f"/user-access-request/{rest}"), sent
    )

    assert answer.status_code == status
    assert not AccessRequest.objects.exists()


def test_what_has_no_gate_has_no_requests(api, dataset):
    owner = api(dataset.created_by)
    for rest in ("pending", "accepted", "rejected"):
        assert owner.get(at(dataset, f"/user-access-request/{rest}")).status_code == 400
    sent = {"user": UserFactory().username}
    grant = owner.post(at(dataset, "/user-access-request/grant"), sent)

    assert grant.status_code == 400
    assert not AccessRequest.objects.exists()


@pytest.mark.parametrize("size", [1, 5])
def test_requests_cost_the_same_queries_however_many(
    api, repository, django_assert_num_queries, size
):
    for person in UserFactory.create_batch(size):
        services.grant_access(
            repository.created_by,
            repository=repository,
            user=person,
            granted_at=NOON,
        )
    client = api(repository.created_by)
    path = at(repository, "/user-access-request/accepted")
    client.get(path)

    # the limit, the repository, the requests
    with django_assert_num_queries(3):
        assert len(client.get(path).json()) == size


def page_named_in(refusal):
    """Return the address that a refusal names, in header and body alike."""
    assert refusal["X-Error-Code"] == "GatedRepo"
    told = refusal["X-Error-Message"]
    word = next(word for word in told.split() if word.startswith("http://testserver/"))
    return word.removeprefix("http://testserver").rstrip(".")


def test_whoever_may_not_take_it_is_told_the_whole_address_to_go_to(api, repository):
    asker = UserFactory()
    gate = f"/datasets/{repository}/access"
    for client, status in [(api(), 401), (api(asker), 403)]:
        for ask in (client.get, client.head):
            refused = ask(resolve(repository))
            assert refused.status_code == status
            assert page_named_in(refused) == gate
        assert client.get(gate).status_code == 200
        refused = client.get(at(repository, "/auth-check"))
        assert (refused.status_code, page_named_in(refused)) == (status, gate)
    assert not Download.objects.exists()


def test_the_card_of_a_gated_repository_is_had_by_clients(api, repository):
    for ask in (api().get, api().head):
        assert ask(resolve(repository, "README.md")).status_code in {200, 302}
        assert ask(resolve(repository)).status_code == 401


def test_the_page_where_a_paid_file_is_bought_is_named_whole(api):
    sold = RepositoryFactory(public=True, licence_id="")
    put(sold, {"rows.csv": b"id\n1\n"})
    make_offer(sold.work)

    for client, status in [(api(), 401), (api(UserFactory()), 403)]:
        refused = client.get(resolve(sold))
        assert refused.status_code == status
        page = page_named_in(refused)
        assert str(sold.work_id) in page
        assert client.get(page).status_code == 200


def test_a_gated_repository_tells_of_itself_and_its_files_to_everyone(api, repository):
    about = api().get(at(repository))

    assert about.json()["gated"] == "manual"
    assert api().get(at(repository, "/tree/main")).status_code == 200


def test_a_former_address_leads_on_with_method_query_and_path(api, repository):
    owner = repository.created_by
    services.grant_access(owner, repository=repository, user=owner, granted_at=NOON)
    former = f"{repository.namespace.name}/{repository.name}"
    services.move_repository(
        owner,
        repository=repository,
        namespace=repository.namespace,
        name="renamed",
        moved_at=NOON,
    )
    client = api(owner)
    for path in (
        f"/datasets/{former}/resolve/main/rows.csv",
        f"/api/datasets/{former}/tree/main?recursive=true",
        f"/api/datasets/{former}",
    ):
        for ask in (client.get, client.head):
            moved = ask(path)
            assert moved.status_code == 307
            assert moved["Location"] == path.replace(former, str(repository))
            assert ask(moved["Location"]).status_code in {200, 302}
    grant = f"/api/datasets/{former}/user-access-request/grant"
    assert client.post(grant, {"user": UserFactory().username}).status_code == 307
    sent = {"fromRepo": former, "toRepo": f"{owner.username}/again", "type": "dataset"}
    assert client.post("/api/repos/move", sent).status_code == 200
    repository.refresh_from_db()
    assert repository.name == "again"


def test_who_took_a_gated_file_through_the_hub_is_told_its_owners_once(api, repository):
    asker = UserFactory()
    services.grant_access(
        repository.created_by, repository=repository, user=asker, granted_at=NOON
    )
    client = api(asker)
    etag = client.head(resolve(repository))["ETag"]
    assert not Download.objects.exists()

    client.get(resolve(repository))
    client.get(resolve(repository), headers={"Range": "bytes=2-3"})
    client.get(resolve(repository), headers={"If-None-Match": etag})

    taken = Download.objects.get()
    assert (taken.user, taken.path) == (asker, "rows.csv")
    assert AccessRequest.objects.get().state == AccessState.ACCEPTED


def test_clients_are_led_to_the_words_that_are_to_be_accepted_first(api):
    free = RepositoryFactory(public=True, licence_id="MIT")
    put(free, {"rows.csv": b"id\n1\n"})
    taker, work = UserFactory(), free.work
    client = api(taker)

    def queries():
        with CaptureQueriesContext(connection) as asked:
            assert client.head(resolve(free)).status_code == 200
        return len(asked)

    before = queries()
    ask_acceptance(free.created_by, work=work, asks=True, changed_at=NOON)
    terms = f"http://testserver/works/{work.pk}/terms"
    for who, status in ((api(), 401), (client, 403)):
        refused = who.get(resolve(free))
        assert (refused.status_code, refused["X-Error-Code"]) == (status, "GatedRepo")
        assert terms in refused["X-Error-Message"]
    text = client.get(f"/api/v1/works/{work.pk}/terms").json()["licence_sha256"]
    client.post(f"/api/v1/works/{work.pk}/terms", {"licence_sha256": text})

    assert queries() == before + 1
    assert client.get(resolve(free)).status_code == 302
