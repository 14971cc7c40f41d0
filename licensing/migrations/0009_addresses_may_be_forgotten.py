"""Of an agreement, the address and browser it came from may be emptied, and no more."""

from django.db import migrations

WALL = """
CREATE FUNCTION licensing_only_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        OLD.ip_address := NULL;
        OLD.user_agent := '';
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% rows are only added, never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
DROP TRIGGER append_only ON licensing_acceptance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_acceptance
    FOR EACH ROW EXECUTE FUNCTION licensing_only_forget();
"""
FORMER = """
DROP TRIGGER append_only ON licensing_acceptance;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_acceptance
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
DROP FUNCTION licensing_only_forget();
"""


class Migration(migrations.Migration):
    dependencies = [("licensing", "0008_recalls_and_decisions")]

    operations = [migrations.RunSQL(WALL, FORMER)]
