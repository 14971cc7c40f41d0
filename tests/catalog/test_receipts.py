"""A purchase proven by a file, on a machine that has only that and a public key."""

import hashlib
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from licensing.models import ReceiptKey
from licensing.services import rotate_receipt_key
from licensing.signatures import encoded, signed
from marketplace.kit.audit import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import DAY, NOON, make_offer, make_order, pay

pytestmark = pytest.mark.django_db
FILES = {"README.md": "# Waves\n", "data/waves.csv": "height\n1\n"}


@pytest.fixture
def order():
    """A paid order of a dataset that was changed the day after it was granted."""
    waves = RepositoryFactory(public=True, name="waves", licence_id="")
    bought = commit(waves, FILES)
    made = make_order(make_offer(waves.work))
    pay(made)
    commit(waves, {"data/waves.csv": "height\n2\n"}, at=NOON + 3 * DAY)
    made.refresh_from_db()
    made.bought = bought
    return made


@pytest.fixture
def receipt(order, tmp_path):
    """The receipt's file, as its buyer takes it from the order's page."""
    file = tmp_path / "receipt.json"
    file.write_bytes(taken(order.buyer, order).content)
    return file


def taken(who, order):
    browser = Client()
    browser.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return browser.get(f"/api/v1/orders/{order.number}/receipt")


def verify(*arguments):
    """Return what the command says, and whether it found nothing wrong."""
    said = StringIO()
    try:
        call_command("verify_receipt", *map(str, arguments), stdout=said)
    except CommandError as fault:
        return f"{said.getvalue()}{fault}", False
    return said.getvalue(), True


def test_a_receipt_says_what_was_granted_and_not_what_came_later(order, receipt):
    said = json.loads(receipt.read_bytes())["receipt"]

    line = said["lines"][0]
    assert (said["order"], said["buyer"]) == (order.number, order.holder.name)
    assert (said["total_minor"], said["currency"]) == (100_00, "EUR")
    assert line["licence_sha256"] == order.lines.get().acceptance.licence_text_id
    assert line["terms_sha256"] == order.lines.get().acceptance.terms_text_id
    assert line["version"]["revision"] == order.bought.oid
    assert {each["path"]: each["sha256"] for each in line["version"]["files"]} == {
        path: hashlib.sha256(text.encode()).hexdigest() for path, text in FILES.items()
    }
    assert order.buyer.email not in receipt.read_text()
    assert taken(order.buyer, order).content == receipt.read_bytes()


def test_it_is_for_who_may_read_the_order_once_that_is_fulfilled(order):
    waiting = make_order(make_offer())

    page = Client()
    page.force_login(order.buyer)
    assert b"Signed receipt" in page.get(f"/orders/{order.number}").content
    assert taken(UserFactory(), order).status_code == 404
    assert Client().get(f"/api/v1/orders/{order.number}/receipt").status_code == 401
    refused = taken(waiting.buyer, waiting)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_purchased")


def test_it_verifies_offline_with_files_and_a_key_also_after_a_rotation(
    order, receipt, tmp_path, django_assert_num_queries
):
    rotate_receipt_key(None, rotated_at=NOON + 5 * DAY)
    keys, folder = tmp_path / "keys.json", tmp_path / "waves"
    keys.write_bytes(Client().get("/.well-known/stoa-receipt-keys.json").content)
    for path, text in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True, parents=True)
        (folder / path).write_text(text)

    with django_assert_num_queries(0):
        said, holds = verify(receipt, "--key", keys, "--files", folder)

    assert holds
    assert f"granted order {order.number} to {order.holder.name}" in said
    assert "proven: work 1, “Waves”: 2 files" in said
    assert len(json.loads(keys.read_bytes())["keys"]) == 2
    assert verify(receipt) == verify(receipt, "--key", keys)
    newer = taken(order.buyer, order).content
    assert (
        json.loads(newer)["signature"] != json.loads(receipt.read_bytes())["signature"]
    )
    assert not bytes(ReceiptKey.objects.exclude(retired_at=None).get().sealed)
    assert AuditRecord.objects.filter(act="rotate_receipt_key").count() == 2

    (folder / "data/waves.csv").write_text("height\n2\n")
    said, holds = verify(receipt, "--key", keys, "--files", folder)
    assert not holds
    assert "data/waves.csv is not the file that was granted" in said
    (folder / "data/waves.csv").unlink()
    said, holds = verify(receipt, "--key", keys, "--files", folder)
    assert holds
    assert "not proven: work 1, “Waves”: 1 granted files are not in" in said


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["total_minor"], 1),
        (["buyer"], "Somebody else"),
        (["lines", 0, "terms_sha256"], None),
        (["lines", 0, "version", "files", 0, "sha256"], "0" * 64),
    ],
)
def test_no_part_can_be_changed(receipt, path, value):
    file = json.loads(receipt.read_bytes())
    part = file["receipt"]
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    receipt.write_text(json.dumps(file))

    said, holds = verify(receipt)

    assert not holds
    assert "the signature is not over what the receipt says" in said.lower()


def test_who_signed_themselves_is_not_believed(receipt):
    said = json.loads(receipt.read_bytes())["receipt"]
    receipt.write_bytes(signed(said, private=b"7" * 32))

    told, holds = verify(receipt)

    assert not holds
    assert "which is not at hand" in told
    for nonsense in (b"", b"[]", b"{}", b'{"receipt":{"key_id":1},"signature":{}}'):
        receipt.write_bytes(nonsense)
        assert not verify(receipt)[1]
    for key in ("no", encoded(b"short"), "{}"):
        assert "--key" in verify(receipt, "--key", key)[0]


def test_a_key_that_does_not_open_is_told_of(order, receipt, settings):
    settings.SECRET_KEY = "another, since the first was lost"

    refused = taken(order.buyer, order)

    assert refused.status_code == 503
    assert "rotate_receipt_key" in refused.json()["detail"]
