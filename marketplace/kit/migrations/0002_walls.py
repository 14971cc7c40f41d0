"""The audit trail is only added to, but for words that may be erased; and the cache table."""

from django.core.management import call_command
from django.db import migrations

FORWARD = """
CREATE FUNCTION kit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are only added, never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
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
BACKWARD = """
DROP TRIGGER append_only ON kit_auditseal;
DROP TRIGGER only_erased ON kit_auditrecord;
DROP TRIGGER append_only ON kit_auditrecord;
DROP FUNCTION kit_only_erase();
DROP FUNCTION kit_refuse_change();
"""


def create_cache_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    replaces = [
        ("kit", "0004_audit_walls"),
        ("kit", "0005_words_may_be_erased"),
    ]
    dependencies = [("kit", "0001_tables")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunPython(create_cache_table, migrations.RunPython.noop),
    ]
