"""What constraints cannot say: rows that are only added, and sums that must agree."""

from django.db import migrations

APPEND_ONLY = [
    "licensing_entry",
    "licensing_freemiumpolicy",
    "licensing_freeplace",
    "licensing_ledgerline",
    "licensing_licencedecision",
    "licensing_licencetext",
    "licensing_offerconsent",
    "licensing_offerversion",
    "licensing_orderline",
    "licensing_payment",
    "licensing_priceversion",
    "licensing_procurement",
    "licensing_share",
    "licensing_shareacceptance",
    "licensing_termsversion",
    "licensing_withdrawnderivation",
]

FUNCTIONS = """
CREATE FUNCTION licensing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are only added, never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;

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

CREATE FUNCTION licensing_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid;
BEGIN
    IF TG_TABLE_NAME = 'licensing_entry' THEN
        wanted := NEW.id;
    ELSE
        wanted := NEW.entry_id;
    END IF;
    IF NOT EXISTS (SELECT FROM licensing_ledgerline WHERE entry_id = wanted) THEN
        RAISE EXCEPTION 'ledger entry % has no lines', wanted
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'licensing_entry_balanced';
    END IF;
    IF EXISTS (
        SELECT FROM licensing_ledgerline WHERE entry_id = wanted
        GROUP BY currency HAVING sum(minor) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger entry % does not sum to zero', wanted
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'licensing_entry_balanced';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION licensing_shares_make_a_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid;
BEGIN
    IF TG_TABLE_NAME = 'licensing_shareset' THEN
        wanted := NEW.id;
    ELSE
        wanted := NEW.share_set_id;
    END IF;
    IF (SELECT coalesce(sum(basis_points), 0) FROM licensing_share
        WHERE share_set_id = wanted) <> 10000 THEN
        RAISE EXCEPTION 'shares of set % do not sum to 10000', wanted
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'licensing_shareset_whole';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER licensing_entry_balanced
    AFTER INSERT ON licensing_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_entry_balances();
CREATE CONSTRAINT TRIGGER licensing_ledgerline_balanced
    AFTER INSERT ON licensing_ledgerline DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_entry_balances();
CREATE CONSTRAINT TRIGGER licensing_shareset_whole
    AFTER INSERT ON licensing_shareset DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_shares_make_a_whole();
CREATE CONSTRAINT TRIGGER licensing_share_whole
    AFTER INSERT ON licensing_share DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_shares_make_a_whole();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_acceptance
    FOR EACH ROW EXECUTE FUNCTION licensing_only_forget();
"""

TEAR_DOWN = """
DROP TRIGGER append_only ON licensing_acceptance;
DROP TRIGGER licensing_share_whole ON licensing_share;
DROP TRIGGER licensing_shareset_whole ON licensing_shareset;
DROP TRIGGER licensing_ledgerline_balanced ON licensing_ledgerline;
DROP TRIGGER licensing_entry_balanced ON licensing_entry;
DROP FUNCTION licensing_shares_make_a_whole();
DROP FUNCTION licensing_entry_balances();
DROP FUNCTION licensing_only_forget();
DROP FUNCTION licensing_refuse_change();
"""

REFUSE = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
"""
ALLOW = "DROP TRIGGER append_only ON {table};"


class Migration(migrations.Migration):
    replaces = [
        ("licensing", "0002_walls"),
    ]
    dependencies = [("licensing", "0001_schema")]

    operations = [
        migrations.RunSQL(FUNCTIONS, TEAR_DOWN),
        *(
            migrations.RunSQL(REFUSE.format(table=table), ALLOW.format(table=table))
            for table in APPEND_ONLY
        ),
    ]
