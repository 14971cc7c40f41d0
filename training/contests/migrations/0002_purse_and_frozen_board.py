"""A contest's purse, who is disqualified, and a board that changes no more."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

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

    dependencies = [
        ('accounts', '0003_letters_about_prizes'),
        ('catalog', '0002_walls'),
        ('contests', '0001_tables'),
        ('licensing', '0004_money_tables'),
        ('storage', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='boardrow',
            name='is_disqualified',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='contest',
            name='frozen_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='contest',
            name='purse',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='contest', to='licensing.purse'),
        ),
        migrations.AddField(
            model_name='entrant',
            name='disqualification',
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name='entrant',
            name='disqualified_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(('frozen_at__isnull', True), models.Q(('frozen_at__gte', models.F('ends_at')), ('pending_version__isnull', True)), _connector='OR'), name='contests_contest_frozen_after_end'),
        ),
        migrations.AddConstraint(
            model_name='entrant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('disqualification', ''), ('disqualified_at__isnull', True)), models.Q(('disqualified_at__isnull', False), models.Q(('disqualification', ''), _negated=True)), _connector='OR'), name='contests_entrant_disqualified_with_reason'),
        ),
        migrations.RunSQL(WALL, TEAR_DOWN),
    ]
