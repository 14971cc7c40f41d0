import hashlib
import io
import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from marketplace.kit.audit import erase_words, record_act
from marketplace.kit.models import AuditRecord, AuditSeal
from marketplace.kit.sealing import (
    BEGINNING,
    Verification,
    export,
    seal_records,
    verify,
)
from tests.factories.accounts import NOON, UserFactory
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def maria():
    return UserFactory(username="maria")


def act(actor, times, *, at=NOON):
    for number in range(times):
        record_act(actor, "rename", actor, at=at + number * MINUTE, number=number)


def wrong_with(anchor=None):
    read = Verification()
    found = [(f.wrong, f.number, f.record) for f in verify(read, anchor=anchor)]
    return found, read


@contextmanager
def unlocked():
    """Do what somebody who owns the database can do: put the walls aside."""
    _act_as("replica")
    try:
        yield
    finally:
        _act_as("origin")


def _act_as(role):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('session_replication_role', %s, true)", [role]
        )


def test_invariant_27_each_record_gets_a_number_and_a_digest_over_those_before(maria):
    act(maria, 3)

    assert seal_records(sealed_at=NOON + 5 * MINUTE) == 3
    assert seal_records(sealed_at=NOON + 6 * MINUTE) == 0
    act(maria, 1, at=NOON + 9 * MINUTE)
    assert seal_records(sealed_at=NOON + 10 * MINUTE) == 1

    found, read = wrong_with()
    assert found == []
    assert (read.sealed, read.waiting, read.head_number) == (4, 0, 4)
    assert not AuditRecord.objects.filter(is_sealed=False).exists()


def test_an_export_can_be_checked_by_anybody(maria):
    act(maria, 3)
    seal_records(sealed_at=NOON)

    rows = [json.loads(line) for line in export()]
    previous = BEGINNING
    for row in rows:
        said = json.dumps(row["record"], sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{previous}\n{said}".encode()).hexdigest()
        assert row["digest"] == digest
        previous = digest
        for word, (salt, text) in row["said"].items():
            opened = hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
            assert row["record"]["words"][word] == opened
    assert [row["record"]["details"] for row in rows] == [
        {"number": n} for n in range(3)
    ]
    assert {row["said"]["actor"][1] for row in rows} == {"maria"}
    assert "maria" not in json.dumps([row["record"] for row in rows])


def test_a_word_is_erased_and_the_chain_holds_with_what_is_left(maria):
    record_act(maria, "rename", maria, at=NOON, name="maria/nests", state="OPEN", n=1)
    seal_records(sealed_at=NOON)
    record = AuditRecord.objects.get()

    assert erase_words(record, ["actor", "details.name", "details.n"]) == 2
    assert erase_words(record, ["actor"]) == 0

    record.refresh_from_db()
    assert (record.actor_name, record.details) == ("", {"state": "OPEN", "n": 1})
    assert set(record.salts) == {"details.state"}
    found, read = wrong_with()
    assert (found, read.erased) == ([("changed", None, None)], 2)  # by no known erasure
    record_act(None, "erase_account", maria, at=NOON, words=2)
    seal_records(sealed_at=NOON)
    assert wrong_with()[0] == []
    with pytest.raises(IntegrityError, match="may be erased"), transaction.atomic():
        AuditRecord.objects.filter(pk=record.pk).update(actor_name="zoe")
    with pytest.raises(IntegrityError, match="may be erased"), transaction.atomic():
        AuditRecord.objects.filter(pk=record.pk).update(details={"n": 1})


@pytest.mark.parametrize(
    "change",
    [{"actor_name": "nobody"}, {"details": {"number": 7}}, {"at": NOON - MINUTE}],
)
def test_a_changed_record_is_named(maria, change):
    act(maria, 5)
    seal_records(sealed_at=NOON)
    second = AuditRecord.objects.order_by("at")[1]
    with unlocked():
        AuditRecord.objects.filter(pk=second.pk).update(**change)

    assert wrong_with()[0] == [("changed", 2, second.pk)]


def test_invariant_27_a_removed_record_is_named_with_its_seal_or_without(maria):
    act(maria, 5)
    seal_records(sealed_at=NOON)
    second, third = AuditRecord.objects.order_by("at")[1:3]
    with unlocked():
        AuditRecord.objects.filter(pk=second.pk).delete()
    assert wrong_with()[0] == [("removed", 2, second.pk)]

    with unlocked():
        AuditRecord.objects.filter(pk=third.pk).delete()
        AuditSeal.objects.filter(number__in=[2, 3]).delete()
    found, _ = wrong_with()
    assert found[0] == ("removed", 2, None)
    assert [wrong for wrong, _, _ in found] == ["removed", "changed"]  # 4 hangs loose


def test_an_inserted_record_is_named_and_never_sealed(maria):
    act(maria, 2)
    forged = AuditRecord.objects.create(
        act="rename", target_kind="x", target_id="1", at=NOON, mark="f" * 64
    )
    seal_records(sealed_at=NOON)
    assert wrong_with()[0] == [("inserted", None, forged.pk)]

    AuditRecord.objects.filter(pk=forged.pk).update(is_sealed=True)
    assert wrong_with()[0] == [("inserted", None, forged.pk)]
    assert AuditSeal.objects.count() == 2


def test_a_chain_that_was_written_anew_does_not_meet_a_head_noted_before(maria):
    act(maria, 4)
    seal_records(sealed_at=NOON)
    _, read = wrong_with()
    noted = (read.head_number, read.head_digest)
    assert wrong_with(anchor=noted)[0] == []

    with unlocked():
        AuditRecord.objects.order_by("-at")[0].delete()
        AuditSeal.objects.all().delete()
        AuditRecord.objects.update(is_sealed=False)
    seal_records(sealed_at=NOON)

    assert wrong_with()[0] == []
    assert wrong_with(anchor=noted)[0] == [("broken", 4, None)]


def test_the_key_may_change_while_records_wait(maria, settings):
    act(maria, 2)
    was = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    assert seal_records(sealed_at=NOON) == 0

    settings.SECRET_KEY_FALLBACKS = [was]
    assert seal_records(sealed_at=NOON) == 2
    settings.SECRET_KEY_FALLBACKS = []
    assert wrong_with()[0] == []  # the chain needs no key


def test_the_database_itself_refuses_to_change_or_remove(maria):
    act(maria, 1)
    seal_records(sealed_at=NOON)

    for queryset in (AuditRecord.objects.all(), AuditSeal.objects.all()):
        with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
            queryset.delete()
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        AuditRecord.objects.update(act="forgive")
    AuditRecord.objects.update(is_told=True)


def test_an_act_costs_one_insert_and_nothing_more(maria, django_assert_num_queries):
    with django_assert_num_queries(1):
        record_act(maria, "rename", maria, at=NOON)


@pytest.mark.django_db(transaction=True)
def test_sealers_and_writers_at_once_make_one_chain(maria):
    def write():
        for number in range(10):
            record_act(maria, "rename", maria, at=NOON, number=number)

    def seal():
        for _ in range(10):
            seal_records(sealed_at=NOON)

    outcomes = run_at_once(write, seal, write, seal, write)

    assert outcomes == [None] * 5
    seal_records(sealed_at=NOON)
    found, read = wrong_with()
    assert (found, read.sealed, read.waiting) == ([], 30, 0)


def test_the_command_says_that_it_is_whole_or_what_is_not(maria):
    act(maria, 3)
    seal_records(sealed_at=NOON)
    said, faults = io.StringIO(), io.StringIO()
    call_command("verify_audit", stdout=said)
    head = said.getvalue().split("Head ")[1].split()[0]
    assert "3 sealed, 0 waiting" in said.getvalue()
    assert "whole" in said.getvalue()
    call_command("verify_audit", head=head, stdout=io.StringIO())

    second = AuditRecord.objects.order_by("at")[1]
    with unlocked():
        AuditRecord.objects.filter(pk=second.pk).delete()
    with pytest.raises(CommandError, match="1 thing does not agree"):
        call_command("verify_audit", stdout=io.StringIO(), stderr=faults)
    assert f"removed: record {second.pk} at 2 was removed" in faults.getvalue()
    with pytest.raises(CommandError, match="NUMBER:DIGEST"):
        call_command("verify_audit", head="latest")
