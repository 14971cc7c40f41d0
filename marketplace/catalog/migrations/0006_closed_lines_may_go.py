"""Let `main` be line 0; let what is on a closed line, and only that, be deleted."""

from django.db import migrations

FORWARD = """
UPDATE catalog_ref SET line = 0 WHERE kind = 'BRANCH';

CREATE FUNCTION catalog_is_closed(whose uuid, number integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM catalog_closedline WHERE repository_id = whose AND line = number
    );
$$;

CREATE FUNCTION catalog_only_closed_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND catalog_is_closed(OLD.repository_id, OLD.line) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% rows of an open line are only added, never changed or removed',
        TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;

DROP TRIGGER catalog_commit_append_only ON catalog_commit;
CREATE TRIGGER catalog_commit_append_only
    BEFORE UPDATE OR DELETE ON catalog_commit
    FOR EACH ROW EXECUTE FUNCTION catalog_only_closed_go();

CREATE TRIGGER catalog_shadow_append_only
    BEFORE UPDATE OR DELETE ON catalog_shadow
    FOR EACH ROW EXECUTE FUNCTION catalog_only_closed_go();

CREATE OR REPLACE FUNCTION catalog_entry_only_ends() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND catalog_is_closed(OLD.repository_id, OLD.line) THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.until IS NULL AND NEW.until IS NOT NULL THEN
        NEW.until := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NULL;
        END IF;
    END IF;
    RAISE EXCEPTION 'a tree entry of an open line is never removed, and only ends'
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'catalog_treeentry_only_ends';
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION catalog_entry_only_ends() RETURNS trigger
LANGUAGE plpgsql AS $$
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
DROP TRIGGER catalog_shadow_append_only ON catalog_shadow;
DROP TRIGGER catalog_commit_append_only ON catalog_commit;
CREATE TRIGGER catalog_commit_append_only
    BEFORE UPDATE OR DELETE ON catalog_commit
    FOR EACH ROW EXECUTE FUNCTION catalog_refuse_change();
DROP FUNCTION catalog_only_closed_go();
DROP FUNCTION catalog_is_closed(uuid, integer);
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_lines")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
