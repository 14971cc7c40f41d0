"""Who may see, take and change: as the clients tell it."""

import pytest

MISSING = "RepositoryNotFoundError"


def errors(said: dict) -> dict[str, str | None]:
    return {name: each["error"] for name, each in said.items()}


@pytest.fixture
def steps(connection, request):
    """Let ada take steps with a repository of her own, and others try it."""
    name = request.function.__name__.removeprefix("test_a_").partition("_")[0]
    repository = f"ada/{name}-{connection.client.version}"

    def act(step: str, **told) -> dict:
        return connection.run("owner", repository=repository, step=step, **told)

    def visit(who: str, *, home: str = "") -> dict:
        return connection.run("visitor", who=who, repository=repository, home=home)

    return repository, act, visit


def test_a_private_repository_does_not_exist_for_others(steps):
    _, act, visit = steps
    act("create", private=True)

    assert set(errors(visit("bruno")).values()) == {MISSING}
    nobody = errors(visit(""))
    assert nobody.pop("upload") is not None  # asked to sign in, whatever there is
    assert set(nobody.values()) == {MISSING}
    assert set(errors(visit("ada")).values()) == {None}

    assert act("publish") == {"private": False}
    opened = errors(visit("bruno"))
    assert opened.pop("upload") is not None
    assert set(opened.values()) == {None}


def test_a_gated_repository_is_seen_by_all_and_taken_by_whom_its_owner_accepts(
    steps, connection
):
    repository, act, visit = steps
    act("create", private=False)
    assert act("gate", gated="manual") == {"gated": "manual"}

    for who in ("bruno", ""):
        refused = visit(who)
        assert refused["info"]["error"] is None
        assert refused["check"]["error"] == "GatedRepoError"
        assert refused["download"]["error"] == "GatedRepoError"
        page = f"{connection.site.address}/datasets/{repository}"
        assert page in refused["download"]["said"]
    assert errors(visit("ada"))["download"] is None

    act("grant", user="bruno")
    opened = visit("bruno", home="fresh")
    assert opened["check"]["error"] is opened["download"]["error"] is None
    assert visit("clio")["download"]["error"] == "GatedRepoError"


def test_a_moved_repository_is_found_by_its_old_name(steps):
    repository, act, visit = steps
    act("create", private=False)

    moved = act("move", to=f"{repository}-new")

    assert moved["id"] == f"{repository}-new"
    assert "rows.csv" in moved["files"]
    assert errors(visit("bruno"))["download"] is None


def test_a_deleted_repository_is_gone(steps):
    _, act, visit = steps
    act("create", private=False)

    gone = act("delete")

    assert gone == {"again": gone["again"], "exists": False}
    assert gone["again"]["error"] == MISSING
    assert errors(visit("bruno"))["info"] == MISSING


def test_a_client_is_told_who_it_is(connection):
    public = f"ada/public-{connection.client.version}"
    connection.run("owner", repository=public, step="create", private=False)

    said = connection.run("identity", public=public)

    assert said["name"] == said["overview"] == "ada"
    assert said["kind"] == "user"
    assert said["role"] in {"read", "write"}
    assert said["organisations"] == []
    for bad in (said["bad"], said["bad_public"]):
        assert bad["status"] == 401
        assert "Invalid" in bad["said"] or "nvalid" in bad["said"]
