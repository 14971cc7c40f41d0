"""Names out of the chain: words become salted commitments, and the chain is written anew.

Each record is checked against the chain, or the mark, that it had. What agreed is salted,
marked and sealed anew; what did not stays without a mark of ours, for `verify_audit` to
name. The head that the chain had is said in the first record after it, so that who noted
it, or has an export, can hold the two against each other. See decisions/0003.
"""

import hashlib
import hmac
import json
import uuid
from datetime import UTC

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from marketplace.kit.audit import fresh_salts, mark_of

BATCH = 1000
LIFT = "DROP TRIGGER append_only ON kit_auditrecord; DROP TRIGGER append_only ON kit_auditseal;"
WALLS = """
CREATE FUNCTION kit_only_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.erased @> OLD.erased AND NEW.erased <> OLD.erased
        AND OLD.details @> NEW.details AND OLD.salts @> NEW.salts
        AND NEW.actor_name IN (OLD.actor_name, '')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are only added; of their words some may be erased, no more',
        TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE
    OF id, act, target_kind, target_id, at, mark
    ON kit_auditrecord FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
CREATE TRIGGER only_erased BEFORE UPDATE OF actor_name, details, salts, erased
    ON kit_auditrecord FOR EACH ROW EXECUTE FUNCTION kit_only_erase();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE
    ON kit_auditseal FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
"""
FORMER_WALLS = """
DROP TRIGGER append_only ON kit_auditseal;
DROP TRIGGER only_erased ON kit_auditrecord;
DROP TRIGGER append_only ON kit_auditrecord;
DROP FUNCTION kit_only_erase();
"""
STOOD_BEFORE = """
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE
    OF id, actor_name, act, target_kind, target_id, details, at, mark
    ON kit_auditrecord FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE
    ON kit_auditseal FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
"""


def former_content(record):
    said = {
        "id": str(record.pk),
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": record.actor_name,
        "act": record.act,
        "target_kind": record.target_kind,
        "target_id": record.target_id,
        "details": record.details,
    }
    told = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return told.encode()


def was_marked(record):
    said = former_content(record).decode()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    marks = (
        salted_hmac("kit.audit", said, secret=key, algorithm="sha256").hexdigest()
        for key in keys
    )
    return any(hmac.compare_digest(record.mark, mark) for mark in marks)


def write_anew(apps, schema_editor):
    records = apps.get_model("kit", "AuditRecord").objects
    seals = apps.get_model("kit", "AuditSeal").objects
    previous, after = "0" * 64, 0
    while batch := list(seals.filter(number__gt=after).order_by("number")[:BATCH]):
        found = records.in_bulk([seal.record for seal in batch])
        agreeing = []
        for seal in batch:
            record = found.get(seal.record)
            if record and _agrees(previous, record, seal):
                agreeing.append(record)
            elif record:
                record.mark = "does not agree"
                record.save(update_fields=["mark"])
            previous, after = seal.digest, seal.number
        _vouch(records, agreeing)
    _vouch_waiting(records, seals)
    if after:
        _tell_head(apps, number=after, digest=previous)
    seals.all().delete()
    records.update(is_sealed=False)


def _agrees(previous, record, seal):
    said = previous.encode() + b"\n" + former_content(record)
    return hashlib.sha256(said).hexdigest() == seal.digest


def _vouch(records, batch):
    for record in batch:
        record.salts = fresh_salts(record)
        record.mark = mark_of(record)
    records.bulk_update(batch, ["salts", "mark"])


def _vouch_waiting(records, seals):
    waiting = records.exclude(pk__in=seals.values("record")).order_by("pk")
    last = uuid.UUID(int=0)
    while batch := list(waiting.filter(pk__gt=last)[:BATCH]):
        _vouch(records, [record for record in batch if was_marked(record)])
        last = batch[-1].pk


def _tell_head(apps, *, number, digest):
    record = apps.get_model("kit", "AuditRecord")(
        act="write_chain_anew",
        target_kind="kit.auditseal",
        target_id=str(number),
        details={"number": number, "digest": digest},
        at=timezone.now(),
    )
    _vouch_one(record)


def _vouch_one(record):
    record.salts = fresh_salts(record)
    record.mark = mark_of(record)
    record.save(force_insert=True)


class Migration(migrations.Migration):
    dependencies = [("kit", "0004_audit_walls")]

    operations = [
        migrations.RunSQL(LIFT, STOOD_BEFORE),
        migrations.AddField("auditrecord", "salts", models.JSONField(default=dict)),
        migrations.AddField("auditrecord", "erased", models.JSONField(default=dict)),
        migrations.RunPython(write_anew),
        migrations.RunSQL(WALLS, FORMER_WALLS),
    ]
