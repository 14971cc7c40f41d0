"""Two versions of one file: what is compared with what, and who may see it."""

import pytest

from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def public():
    made = RepositoryFactory(public=True)
    made.oids = [
        commit(made, {"a.txt": "one\ntwo\n", "b.bin": b"\0"}).oid,
        commit(made, {"b.bin": b"\0\1"}).oid,
        commit(made, {"a.txt": "one\n<three>\n"}).oid,
        commit(made, {"a.txt": None}).oid,
    ]
    return made


def shown(client, repository, revision, path="a.txt", **asked):
    answer = client.get(f"/datasets/{repository}/diff/{revision}/{path}", asked)
    return answer.status_code, answer.content.decode()


def test_a_file_is_compared_with_what_it_was_before_or_what_is_asked(
    client, public, django_assert_max_num_queries
):
    first, second, third, last = public.oids

    status, page = shown(client, public, third)
    assert status == 200
    assert "+ &lt;three&gt;" in page
    assert "- two" in page
    assert f'value="{first}" selected' in page

    assert "The two are the same" in shown(client, public, second, **{"from": first})[1]
    assert "- two" in shown(client, public, third, **{"from": second})[1]
    assert "Added" in shown(client, public, first)[1]
    assert "Removed" in shown(client, public, last)[1]
    assert "Not text" in shown(client, public, second, "b.bin")[1]
    assert shown(client, public, third, "c.txt")[0] == 404
    assert shown(client, public, third, **{"from": "f" * 40})[0] == 404
    with django_assert_max_num_queries(14):
        shown(client, public, third)
    page = client.get(f"/datasets/{public}/commit/{third}").content.decode()
    assert f"/diff/{third}/a.txt" in page
    blob = client.get(f"/datasets/{public}/blob/{third}/a.txt").content.decode()
    assert f"/diff/{third}/a.txt" in blob
    assert 'id="L2">&lt;three&gt;</span>' in blob
    assert 'href="#L2"' in blob


def test_what_is_sold_or_private_is_not_read_out(client):
    sold = RepositoryFactory(public=True, licence_id="")
    hidden = RepositoryFactory()
    for one in (sold, hidden):
        commit(one, {"a.txt": "one secret\n"})
        one.oid = commit(one, {"a.txt": "another secret\n"}).oid
    make_offer(sold.work)

    status, page = shown(client, sold, sold.oid)
    assert (status, "secret" in page) == (200, False)
    assert "See what it takes" in page
    assert shown(client, hidden, hidden.oid)[0] == 404
