"""What constraints cannot say: history is only added to, and an entry only ends once."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION catalog_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are only added, never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;

CREATE FUNCTION catalog_entry_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.until IS NULL AND NEW.until IS NOT NULL THEN
        NEW.until := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION 'a tree entry is never removed, and changes only by ending'
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'catalog_treeentry_only_ends';
END $$;

CREATE TRIGGER catalog_commit_append_only
    BEFORE UPDATE OR DELETE ON catalog_commit
    FOR EACH ROW EXECUTE FUNCTION catalog_refuse_change();

CREATE TRIGGER catalog_treeentry_only_ends
    AFTER UPDATE OR DELETE ON catalog_treeentry
    FOR EACH ROW EXECUTE FUNCTION catalog_entry_only_ends();

CREATE FUNCTION catalog_tag_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kind = 'TAG' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'tag % does not move; delete it and make another', OLD.name
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'catalog_ref_tag_stays';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER catalog_ref_tag_stays
    AFTER UPDATE ON catalog_ref
    FOR EACH ROW EXECUTE FUNCTION catalog_tag_stays();
"""

BACKWARD = """
DROP TRIGGER catalog_ref_tag_stays ON catalog_ref;
DROP FUNCTION catalog_tag_stays();
DROP TRIGGER catalog_treeentry_only_ends ON catalog_treeentry;
DROP FUNCTION catalog_entry_only_ends();
DROP TRIGGER catalog_commit_append_only ON catalog_commit;
DROP FUNCTION catalog_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
