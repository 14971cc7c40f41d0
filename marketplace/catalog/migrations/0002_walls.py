"""What constraints cannot say: history is added to, and only a closed line may go."""

from django.db import migrations

FORWARD = """
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

CREATE FUNCTION catalog_entry_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION catalog_tag_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.kind = 'TAG' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'tag % does not move; delete it and make another', OLD.name
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'catalog_ref_tag_stays';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER catalog_commit_append_only
    BEFORE UPDATE OR DELETE ON catalog_commit
    FOR EACH ROW EXECUTE FUNCTION catalog_only_closed_go();
CREATE TRIGGER catalog_shadow_append_only
    BEFORE UPDATE OR DELETE ON catalog_shadow
    FOR EACH ROW EXECUTE FUNCTION catalog_only_closed_go();
CREATE TRIGGER catalog_treeentry_only_ends
    AFTER UPDATE OR DELETE ON catalog_treeentry
    FOR EACH ROW EXECUTE FUNCTION catalog_entry_only_ends();
CREATE TRIGGER catalog_ref_tag_stays
    AFTER UPDATE ON catalog_ref
    FOR EACH ROW EXECUTE FUNCTION catalog_tag_stays();
"""

BACKWARD = """
DROP TRIGGER catalog_ref_tag_stays ON catalog_ref;
DROP TRIGGER catalog_treeentry_only_ends ON catalog_treeentry;
DROP TRIGGER catalog_shadow_append_only ON catalog_shadow;
DROP TRIGGER catalog_commit_append_only ON catalog_commit;
DROP FUNCTION catalog_tag_stays();
DROP FUNCTION catalog_entry_only_ends();
DROP FUNCTION catalog_only_closed_go();
DROP FUNCTION catalog_is_closed(uuid, integer);
"""


class Migration(migrations.Migration):
    replaces = [
        ("catalog", "0002_history_is_kept"),
        ("catalog", "0006_closed_lines_may_go"),
    ]
    dependencies = [("catalog", "0001_tables")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
