"""The walls in the database around money that moves."""

from django.db import migrations

WALLS = """
CREATE OR REPLACE FUNCTION licensing_entry_balances() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    wanted licensing_entry;
    currencies integer;
    is_balanced boolean;
    is_of_one_time boolean;
BEGIN
    IF TG_TABLE_NAME = 'licensing_entry' THEN
        SELECT * INTO wanted FROM licensing_entry WHERE id = NEW.id;
    ELSE
        SELECT * INTO wanted FROM licensing_entry WHERE id = NEW.entry_id;
    END IF;
    SELECT count(*), coalesce(bool_and(total = 0), true),
           coalesce(bool_and(first = wanted.occurred_at AND last = first), true)
    INTO currencies, is_balanced, is_of_one_time
    FROM (
        SELECT sum(minor) AS total, min(occurred_at) AS first, max(occurred_at) AS last
        FROM licensing_ledgerline WHERE entry_id = wanted.id GROUP BY currency
    ) AS sums;
    IF currencies = 0 THEN
        RAISE EXCEPTION 'ledger entry % has no lines', wanted.id
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'licensing_entry_balanced';
    END IF;
    IF NOT is_balanced THEN
        RAISE EXCEPTION 'ledger entry % does not sum to zero', wanted.id
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'licensing_entry_balanced';
    END IF;
    IF NOT is_of_one_time THEN
        RAISE EXCEPTION 'lines of ledger entry % are of another time', wanted.id
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'licensing_entry_of_one_time';
    END IF;
    IF wanted.kind = 'CONVERSION' THEN
        IF currencies <> 2 OR NOT EXISTS (
            SELECT FROM licensing_conversion WHERE entry_id = wanted.id
        ) THEN
            RAISE EXCEPTION 'conversion % is not of two currencies at a rate', wanted.id
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'licensing_entry_converts_alone';
        END IF;
    ELSIF currencies <> 1 THEN
        RAISE EXCEPTION 'ledger entry % converts, and is no conversion', wanted.id
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'licensing_entry_converts_alone';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION licensing_only_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
        FOREACH told IN ARRAY TG_ARGV LOOP
            IF coalesce(to_jsonb(OLD) ->> told, '') NOT IN ('', 'OPEN')
               AND to_jsonb(OLD) -> told <> to_jsonb(NEW) -> told THEN
                RAISE EXCEPTION '% of % is told once', told, TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation',
                          CONSTRAINT = TG_TABLE_NAME || '_told_once';
            END IF;
        END LOOP;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are only added, never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_conversion
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_refundline
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_refund
    FOR EACH ROW EXECUTE FUNCTION licensing_only_once('reference', 'failed_at');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_payout
    FOR EACH ROW EXECUTE FUNCTION
        licensing_only_once('reference', 'failed_at', 'failed_because');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_dispute
    FOR EACH ROW EXECUTE FUNCTION
        licensing_only_once('state', 'closed_at', 'closed_by_id');

CREATE FUNCTION licensing_order_may_move(was text, becomes text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (was, becomes) IN (
        ('AWAITING_PAYMENT', 'PARTIALLY_PAID'),
        ('AWAITING_PAYMENT', 'FULFILLED'),
        ('AWAITING_PAYMENT', 'CANCELLED'),
        ('AWAITING_PAYMENT', 'REJECTED'),
        ('AWAITING_PAYMENT', 'EXPIRED'),
        ('PARTIALLY_PAID', 'PARTIALLY_PAID'),
        ('PARTIALLY_PAID', 'FULFILLED'),
        ('PARTIALLY_PAID', 'REJECTED'),
        ('FULFILLED', 'PARTLY_REFUNDED'),
        ('FULFILLED', 'REFUNDED'),
        ('FULFILLED', 'DISPUTED'),
        ('PARTLY_REFUNDED', 'PARTLY_REFUNDED'),
        ('PARTLY_REFUNDED', 'REFUNDED'),
        ('PARTLY_REFUNDED', 'DISPUTED'),
        ('DISPUTED', 'FULFILLED'),
        ('DISPUTED', 'PARTLY_REFUNDED'),
        ('DISPUTED', 'REFUNDED'),
        ('DISPUTED', 'LOST'),
        ('REFUNDED', 'DISPUTED'),
        ('LOST', 'DISPUTED')
    )
$$;

CREATE FUNCTION licensing_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT licensing_order_may_move(OLD.state, NEW.state) THEN
        RAISE EXCEPTION 'an order that is % does not become %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = 'licensing_order_moves_by_the_table';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER moves_by_the_table BEFORE UPDATE OF state ON licensing_order
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION licensing_order_moves();

CREATE FUNCTION licensing_number_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted integer;
BEGIN
    EXECUTE format(
        'SELECT coalesce(max(sequence), 0) + 1 FROM %I WHERE series_id = $1',
        TG_TABLE_NAME
    ) INTO wanted USING NEW.series_id;
    IF NEW.sequence <> wanted THEN
        RAISE EXCEPTION 'number % of % leaves a gap: the next is %',
            NEW.sequence, TG_TABLE_NAME, wanted
            USING ERRCODE = 'integrity_constraint_violation',
                  CONSTRAINT = TG_TABLE_NAME || '_gap_free';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gap_free BEFORE INSERT ON licensing_invoice
    FOR EACH ROW EXECUTE FUNCTION licensing_number_follows();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_invoice
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER gap_free BEFORE INSERT ON licensing_creditnote
    FOR EACH ROW EXECUTE FUNCTION licensing_number_follows();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_creditnote
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_subscriptionperiod
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_pursestatement
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON licensing_pursetransfer
    FOR EACH ROW EXECUTE FUNCTION licensing_refuse_change();
"""

TEAR_DOWN = """
DROP TRIGGER append_only ON licensing_pursetransfer;
DROP TRIGGER append_only ON licensing_pursestatement;
DROP TRIGGER append_only ON licensing_subscriptionperiod;
DROP TRIGGER append_only ON licensing_creditnote;
DROP TRIGGER gap_free ON licensing_creditnote;
DROP TRIGGER append_only ON licensing_invoice;
DROP TRIGGER gap_free ON licensing_invoice;
DROP FUNCTION licensing_number_follows();
DROP TRIGGER moves_by_the_table ON licensing_order;
DROP FUNCTION licensing_order_moves();
DROP FUNCTION licensing_order_may_move(text, text);
DROP TRIGGER append_only ON licensing_dispute;
DROP TRIGGER append_only ON licensing_payout;
DROP TRIGGER append_only ON licensing_refund;
DROP TRIGGER append_only ON licensing_refundline;
DROP TRIGGER append_only ON licensing_conversion;
DROP FUNCTION licensing_only_once();
CREATE OR REPLACE FUNCTION licensing_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):

    replaces = [
        ("licensing", "0005_money_walls"),
    ]
    dependencies = [("licensing", "0002_triggers")]

    operations = [migrations.RunSQL(WALLS, TEAR_DOWN)]
