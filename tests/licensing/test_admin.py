import pytest

from licensing.models import Entry, Order
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_order, pay

pytestmark = pytest.mark.django_db

PAGES = [
    "acceptance",
    "entitlement",
    "entry",
    "ledgeraccount",
    "licence",
    "offer",
    "offerversion",
    "order",
    "ownterms",
    "party",
    "shareset",
    "work",
]


@pytest.fixture
def staff(browser):
    return browser(UserFactory(is_staff=True, is_superuser=True))


@pytest.mark.parametrize("page", PAGES)
def test_staff_look_and_search(staff, page):
    pay(make_order())

    assert staff.get(f"/admin/licensing/{page}/").status_code == 200
    assert staff.get(f"/admin/licensing/{page}/?q=x").status_code == 200
    assert staff.get(f"/admin/licensing/{page}/add/").status_code == 403


def test_staff_see_an_entry_with_its_lines_and_change_nothing(staff):
    order = make_order()
    pay(order)
    entry = Entry.objects.get()

    page = staff.get(f"/admin/licensing/entry/{entry.pk}/change/").content.decode()
    assert "cash:bank" in page
    assert 'name="_save"' not in page
    for kind, row in [("entry", entry), ("order", order)]:
        path = f"/admin/licensing/{kind}/{row.pk}"
        assert staff.post(f"{path}/change/", {"key": "x"}).status_code == 403
        assert staff.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert Entry.objects.count() == Order.objects.count() == 1
