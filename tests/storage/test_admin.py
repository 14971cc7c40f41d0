"""Staff look at blobs and uploads; nobody changes them there."""

import pytest

from tests.factories.accounts import NOON, UserFactory
from tests.factories.storage import BlobFactory, UploadFactory

pytestmark = pytest.mark.django_db
LISTS = {"blob": BlobFactory, "upload": UploadFactory}


@pytest.fixture
def staff(client, installed):
    installed()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize(("name", "factory"), LISTS.items())
def test_a_list_takes_as_many_queries_for_one_as_for_twenty(
    staff, name, factory, django_assert_num_queries
):
    url = f"/admin/storage/{name}/"
    for count in (1, 19):
        factory.create_batch(count)

        with django_assert_num_queries(4):  # session, user, how many, which
            page = staff.get(url)

        assert page.status_code == 200
    assert page.context["cl"].result_count == 20


@pytest.mark.parametrize(("name", "factory"), LISTS.items())
def test_it_is_for_reading_alone(staff, name, factory):
    row = factory()
    url = f"/admin/storage/{name}/"

    assert staff.get(f"{url}{row.pk}/change/").status_code == 200
    for path in (f"{row.pk}/change/", f"{row.pk}/delete/", "add/"):
        assert staff.post(url + path, {"size_bytes": 1}).status_code == 403
    row.refresh_from_db()
    assert row.size_bytes != 1


@pytest.mark.parametrize("name", LISTS)
def test_it_is_for_staff_alone(client, name):
    client.force_login(UserFactory())

    assert client.get(f"/admin/storage/{name}/").status_code == 302


def test_damaged_blobs_are_found_by_filter_and_by_digest(staff):
    whole, damaged = BlobFactory(), BlobFactory(quarantined_at=NOON)

    listed = staff.get("/admin/storage/blob/?quarantined_at__isempty=0")
    searched = staff.get(f"/admin/storage/blob/?q={whole.sha256}")

    assert list(listed.context["cl"].result_list) == [damaged]
    assert list(searched.context["cl"].result_list) == [whole]
