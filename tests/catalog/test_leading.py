"""Where the addresses that clients of the Hub print lead people."""

import pytest
from django.test import Client

from marketplace.catalog.services import move_repository
from tests.catalog.lines import branch, propose
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return UserFactory(username="maria")


@pytest.fixture
def net(owner):
    made = RepositoryFactory(owner=owner, name="net", public=True, model=True)
    commit(made, {"README.md": "# A net", "d é/a.txt": "1"})
    branch(made, "team/x")
    return made


def led(path):
    """Return where a path leads in the end, and how that answers."""
    answer = Client().get(path, follow=True)
    chain = answer.redirect_chain
    return (chain[-1][0] if chain else path), answer.status_code


@pytest.mark.parametrize(
    ("printed", "page"),
    [
        ("", ""),
        ("/tree/main", "/tree/main"),
        ("/tree/main/d%20%C3%A9", "/tree/main/d%20%C3%A9"),
        ("/blob/main/README.md", "/blob/main/README.md"),
        ("/tree/team%2Fx", "/tree/team:x"),
        ("/blob/team/x/README.md", "/blob/team:x/README.md"),
        ("/tree/refs%2Fpr%2F1/d%20%C3%A9", "/tree/refs:pr:1/d%20%C3%A9"),
        ("/commits/refs%2Fpr%2F1", "/commits/refs/pr/1"),
        ("/discussions", "/discussions"),
    ],
)
def test_what_clients_print_of_a_model_leads_to_its_pages(net, printed, page):
    propose(net, 1)

    assert led(f"/maria/net{printed}") == (f"/models/maria/net{page}", 200)


def test_a_commit_and_a_former_or_other_spelling_lead_there(net, owner):
    oid = net.commits.get().oid
    move_repository(owner, repository=net, namespace="maria", name="Web", moved_at=NOON)

    assert led(f"/MARIA/NET/commit/{oid}") == (f"/models/maria/Web/commit/{oid}", 200)
    assert led("/maria/web") == ("/models/maria/Web", 200)


def test_slashes_of_a_branch_lead_on_in_datasets_too():
    made = RepositoryFactory(public=True)
    commit(made, {"a.txt": "1"})
    branch(made, "team/x")

    for printed, page in (
        ("tree/team%2Fx", "tree/team:x"),
        ("blob/team%2Fx", "tree/team:x"),
        ("blob/refs/heads/team/x/a.txt", "blob/refs:heads:team:x/a.txt"),
        ("commits/team/x", "commits/team/x"),
    ):
        assert led(f"/datasets/{made}/{printed}") == (f"/datasets/{made}/{page}", 200)
    assert led(f"/datasets/{made}/tree/team/y")[1] == 404


def test_what_is_hidden_or_unknown_has_no_address_there(net, owner):
    RepositoryFactory(owner=owner, name="secret", model=True)
    RepositoryFactory(owner=owner, name="rows", public=True)

    hidden, *unknown = [
        Client().get(f"/{path}")
        for path in ("maria/secret", "maria/nothing", "maria/rows", "nobody-here/x")
    ]

    assert hidden.status_code == 404
    assert "There is nothing here" in hidden.content.decode()
    assert {answer.status_code for answer in unknown} == {404}


def test_what_begins_other_addresses_names_nobody(net):
    assert led("/accounts/login") == ("/accounts/login/", 200)
    assert Client().get("/settings/tokens").url.startswith("/accounts/login/")
    assert Client().get("/datasets/maria").status_code == 404
