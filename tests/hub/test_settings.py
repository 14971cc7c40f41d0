"""Repositories moved, hidden and gated over the hub."""

import pytest

from marketplace.catalog.models import Gating, Visibility
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.hub.sending import api_path, client_of

pytestmark = pytest.mark.django_db
MOVE = "/api/repos/move"


@pytest.fixture
def ada():
    return UserFactory(username="ada")


@pytest.fixture
def client(ada):
    return client_of(ada)


def test_a_move_leaves_a_way_from_the_former_address(client, ada):
    repository = RepositoryFactory(owner=ada, name="birds", public=True)
    commit(repository, {"a.txt": "1"})
    body = {"fromRepo": "ada/birds", "toRepo": "ada/gulls", "type": "dataset"}
    answer = client.post(MOVE, body, format="json")

    assert answer.status_code == 200
    repository.refresh_from_db()
    assert repository.name == "gulls"
    former = client.get("/api/datasets/ada/birds/refs")
    assert former.status_code == 307
    assert former["Location"] == "/api/datasets/ada/gulls/refs"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"fromRepo": "ada/birds", "toRepo": "gulls", "type": "dataset"}, 400),
        ({"fromRepo": "ada/birds", "toRepo": "ada/a/b", "type": "dataset"}, 400),
        ({"fromRepo": "ada/birds", "toRepo": "nobody/gulls", "type": "dataset"}, 404),
        ({"fromRepo": "ada/birds", "toRepo": "ada/--", "type": "dataset"}, 400),
        ({"fromRepo": "ada/birds", "toRepo": "ada/taken", "type": "dataset"}, 409),
        ({"fromRepo": "ada/none", "toRepo": "ada/gulls", "type": "dataset"}, 404),
        ({"fromRepo": "ada/birds", "toRepo": "ada/gulls", "type": "space"}, 501),
        ({"fromRepo": 7}, 400),
    ],
    ids=str,
)
def test_a_move_that_cannot_be_moves_nothing(client, ada, body, status):
    repository = RepositoryFactory(owner=ada, name="birds")
    RepositoryFactory(owner=ada, name="taken")
    assert client.post(MOVE, body, format="json").status_code == status
    repository.refresh_from_db()
    assert repository.name == "birds"


@pytest.mark.parametrize(
    ("said", "visibility", "gating"),
    [
        ({"private": True}, Visibility.PRIVATE, Gating.OPEN),
        ({"visibility": "private"}, Visibility.PRIVATE, Gating.OPEN),
        ({"gated": "auto"}, Visibility.PUBLIC, Gating.AUTOMATIC),
        ({"gated": "manual"}, Visibility.PUBLIC, Gating.MANUAL),
        ({"gated": False}, Visibility.PUBLIC, Gating.OPEN),
        ({"gated": "manual", "private": True}, Visibility.PRIVATE, Gating.MANUAL),
    ],
)
def test_settings_show_hide_and_gate(client, ada, said, visibility, gating):
    repository = RepositoryFactory(owner=ada, public=True)
    path = api_path(repository, "settings")
    refused = client_of(UserFactory()).put(path, said, format="json")
    assert refused.status_code == 403
    answer = client.put(path, said, format="json")

    assert answer.status_code == 200
    repository.refresh_from_db()
    assert (repository.visibility, repository.gating) == (visibility, gating)


@pytest.mark.parametrize(
    "said", [{"gated": "maybe"}, {"gated": True}, {"visibility": "x"}, [], "x"], ids=str
)
def test_settings_that_mean_nothing_change_nothing(client, ada, said):
    repository = RepositoryFactory(owner=ada, public=True)
    answer = client.put(api_path(repository, "settings"), said, format="json")

    assert answer.status_code == 400
    repository.refresh_from_db()
    assert (repository.visibility, repository.gating) == ("PUBLIC", "OPEN")
