"""A board that changes no more, whoever writes."""

from django.db import migrations

WALL = """
CREATE FUNCTION contests_refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NOT EXISTS (
            SELECT FROM was JOIN contests_contest AS contest
                ON contest.id = was.contest_id AND contest.frozen_at IS NOT NULL
        ) OR NOT EXISTS (
            SELECT FROM was JOIN made USING (id)
            WHERE to_jsonb(was) - 'name' - 'is_disqualified'
                IS DISTINCT FROM to_jsonb(made) - 'name' - 'is_disqualified'
        ) THEN
            RETURN NULL;
        END IF;
    ELSIF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (
            SELECT FROM made JOIN contests_contest AS contest
                ON contest.id = made.contest_id AND contest.frozen_at IS NOT NULL
        ) THEN
            RETURN NULL;
        END IF;
    ELSIF NOT EXISTS (
        SELECT FROM was JOIN contests_contest AS contest
            ON contest.id = was.contest_id AND contest.frozen_at IS NOT NULL
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the board of a frozen contest changes no more'
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'contests_boardrow_frozen';
END $$;

CREATE TRIGGER frozen_inserts AFTER INSERT ON contests_boardrow
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION contests_refuse_frozen();
CREATE TRIGGER frozen_updates AFTER UPDATE ON contests_boardrow
    REFERENCING OLD TABLE AS was NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION contests_refuse_frozen();
CREATE TRIGGER frozen_deletes AFTER DELETE ON contests_boardrow
    REFERENCING OLD TABLE AS was
    FOR EACH STATEMENT EXECUTE FUNCTION contests_refuse_frozen();
"""
TEAR_DOWN = """
DROP TRIGGER frozen_deletes ON contests_boardrow;
DROP TRIGGER frozen_updates ON contests_boardrow;
DROP TRIGGER frozen_inserts ON contests_boardrow;
DROP FUNCTION contests_refuse_frozen();
"""


class Migration(migrations.Migration):
    replaces = [
        ("contests", "0002_purse_and_frozen_board"),
    ]
    dependencies = [("contests", "0001_schema")]

    operations = [migrations.RunSQL(WALL, TEAR_DOWN)]
