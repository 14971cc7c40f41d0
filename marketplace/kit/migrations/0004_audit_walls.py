"""What was recorded before there was a chain is vouched for once; then the walls stand."""

from django.db import migrations

from marketplace.kit.audit import mark_of

WALLS = """
CREATE FUNCTION kit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are only added, never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE
    OF id, actor_name, act, target_kind, target_id, details, at, mark
    ON kit_auditrecord FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE
    ON kit_auditseal FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
"""
TEAR_DOWN = """
DROP TRIGGER append_only ON kit_auditseal;
DROP TRIGGER append_only ON kit_auditrecord;
DROP FUNCTION kit_refuse_change();
"""
BATCH = 2000


def vouch(apps, schema_editor):
    records = apps.get_model("kit", "AuditRecord").objects
    while batch := list(records.filter(mark="")[:BATCH]):
        for record in batch:
            record.mark = mark_of(record)
        records.bulk_update(batch, ["mark"])


class Migration(migrations.Migration):
    dependencies = [("kit", "0003_audit_chain")]

    operations = [
        migrations.RunPython(vouch, migrations.RunPython.noop),
        migrations.RunSQL(WALLS, TEAR_DOWN),
    ]
