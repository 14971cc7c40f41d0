"""What every answer of the protocol has in common: who asks, refusals, addresses."""

import base64

import pytest
from django.test import Client

from marketplace.accounts.models import Scope
from marketplace.accounts.services import issue_token, revoke_token
from marketplace.catalog.services import move_repository
from marketplace.hub.errors import header_text
from tests.factories.accounts import NOON, MembershipFactory, UserFactory
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db
BAD = "Invalid credentials in Authorization header"


def token_of(user, *scopes):
    return issue_token(
        user,
        label="laptop",
        scopes=list(scopes or (Scope.READ,)),
        expires_at=None,
        issued_at=NOON,
    )


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_whoami_tells_the_account_its_organisations_and_the_token():
    user = UserFactory(full_name="Ada L.")
    membership = MembershipFactory(user=user, role="WRITER")
    _, secret = token_of(user, Scope.READ, Scope.REPO_WRITE)
    told = Client().get("/api/whoami-v2", headers=bearer(secret)).json()

    assert (told["name"], told["type"], told["fullname"], told["email"]) == (
        user.username,
        "user",
        "Ada L.",
        user.email,
    )
    assert [(org["name"], org["roleInOrg"]) for org in told["orgs"]] == [
        (membership.organisation.namespace.name, "write")
    ]
    assert told["auth"]["accessToken"] == {
        "displayName": "laptop",
        "role": "write",
        "createdAt": "2026-01-01T12:00:00.000Z",
    }


def test_a_token_may_come_as_the_password_of_basic():
    user = UserFactory()
    _, secret = token_of(user)
    said = base64.b64encode(f"anyone:{secret}".encode()).decode()

    answer = Client().get("/api/whoami-v2", headers={"Authorization": f"Basic {said}"})

    assert answer.json()["auth"]["accessToken"]["role"] == "read"


@pytest.mark.parametrize(
    "header", ["Bearer stoa_x", "Bearer ", "Basic !", "Bearer \xff"]
)
@pytest.mark.parametrize("path", ["/api/whoami-v2", "/api/datasets/a/b"])
def test_a_bad_token_is_told_in_the_words_clients_know(header, path):
    answer = Client().get(path, headers={"Authorization": header})

    assert (answer.status_code, answer.headers["X-Error-Message"]) == (401, BAD)
    assert "X-Error-Code" not in answer.headers
    assert "WWW-Authenticate" in answer.headers


def test_a_revoked_token_says_so_in_the_body():
    user = UserFactory()
    token, secret = token_of(user)
    revoke_token(user, token=token, revoked_at=NOON)

    answer = Client().get("/api/whoami-v2", headers=bearer(secret))

    assert answer.headers["X-Error-Message"] == BAD
    assert "revoked" in answer.json()["error"]


def test_every_answer_has_the_id_of_its_request():
    given = Client().get("/api/agent-harnesses")
    refused = Client().get("/api/datasets/no/body")

    assert given.headers["X-Request-Id"] != refused.headers["X-Request-Id"]
    assert given.json() == {"standardEnvVars": [], "harnesses": {}}
    assert len(refused.headers["X-Request-Id"]) == 36


@pytest.mark.parametrize(
    "path",
    [
        "/api/spaces",
        "/api/spaces/a/b",
        "/spaces/a/b/resolve/main/x",
        "/api/jobs/mx",
        "/api/daily_papers",
        "/api/models-tags-by-type",
        "/api/models/a/b/duplicate",
        "/buckets/a/b/resolve/x",
        "/kernels/a/b/resolve/main/x",
        "/papers/2401.00001.md",
    ],
)
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete"])
def test_what_is_not_spoken_says_so(method, path):
    answer = getattr(Client(), method)(path)

    assert answer.status_code == 501
    assert answer.headers["X-Error-Code"] == "NotImplemented"
    assert answer.headers["X-Error-Message"].endswith(".")


def test_our_own_api_answers_for_itself():
    answer = Client().get("/api/v1/nothing-here")

    assert answer.status_code == 404
    assert "X-Error-Code" not in answer.headers


def test_who_asks_too_often_is_told_when_to_ask_again(settings, dataset):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 2, "member": 2}
    path = f"/datasets/{dataset}/resolve/main/data/rows.csv"
    client = Client()
    for asked in (path, "/api/agent-harnesses"):
        answers = [client.get(asked, REMOTE_ADDR="192.0.2.7") for _ in range(3)]
        last = answers[-1]
        wait = int(last.headers["Retry-After"])

        assert [each.status_code for each in answers][:2].count(429) == 0
        assert last.status_code == 429
        assert 0 < wait <= 60
        assert last.headers["RateLimit"] == f'"api";r=0;t={wait}'
        assert last.headers["RateLimit-Policy"] == '"fixed window";"api";q=2;w=60'


@pytest.mark.parametrize(
    "path",
    [
        "/api/datasets/{}",
        "/api/datasets/{}/tree/main/data?recursive=True&expand=1",
        "/datasets/{}/resolve/main/data/rows%20and.csv",
    ],
)
def test_a_former_name_leads_to_the_present_one(path):
    owner = UserFactory()
    repository = RepositoryFactory(owner=owner, public=True, name="before")
    former = str(repository)
    move_repository(
        owner,
        repository=repository,
        namespace=repository.namespace.name,
        name="after",
        moved_at=NOON,
    )

    answer = Client().get(path.format(former.upper()))

    assert answer.status_code == 307
    assert answer.headers["Location"] == path.format(
        f"{repository.namespace.name}/after"
    )


def test_auth_check_answers_what_the_work_would(api, model):
    owner, stranger = model.created_by, UserFactory()
    path = f"/api/models/{model}/auth-check"

    assert api(owner).get(path).status_code == 200
    assert api(owner).get(f"{path}/write").status_code == 200
    for check in (path, f"{path}/write"):
        answer = api(stranger).get(check)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (
            404,
            "RepoNotFound",
        )


def test_reading_a_public_one_is_not_writing_it(api, dataset):
    path = f"/api/datasets/{dataset}/auth-check"

    assert api(UserFactory()).get(path).status_code == 200
    answer = api(UserFactory()).get(f"{path}/write")
    assert (answer.status_code, answer.headers["X-Error-Message"]) == (
        403,
        "Only its writers and editors may change this repository.",
    )


def test_body_and_header_say_the_same_so_that_clients_show_it_once(api, dataset):
    path = f"/datasets/{dataset}/resolve/main/"

    plain = api().get(f"{path}none.csv")
    assert plain.headers["X-Error-Message"] == plain.json()["error"]
    assert plain.json()["error"].startswith('There is no file "none.csv"')

    odd = api().get(f"{path}données.csv")
    assert 'There is no file "données.csv"' in odd.json()["error"]
    assert "X-Error-Message" not in odd.headers
    bodiless = api().head(f"{path}données.csv")
    assert 'There is no file "donn?es.csv"' in bodiless.headers["X-Error-Message"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a “b” – c…", 'a "b" - c...'),
        ("one\r\nSet-Cookie: x=1", "one Set-Cookie: x=1"),
        ("é\0ß", "???"),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_messages_fit_in_a_header(text, told):
    assert header_text(text) == told
