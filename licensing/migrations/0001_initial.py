import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField()),
                ('state', models.CharField(choices=[('DRAFT', 'Waiting for co-owners'), ('LIVE', 'Open'), ('WITHDRAWN', 'Withdrawn')], default='DRAFT', max_length=9)),
                ('drafted_at', models.DateTimeField()),
                ('live_from', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Derivation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('relation', models.CharField(choices=[('COPY', 'A copy of'), ('SUBSET', 'A part of'), ('MERGE', 'Merged from'), ('ADAPT', 'Adapted from'), ('TRAIN', 'Trained on'), ('FINE_TUNE', 'Fine-tuned from'), ('DISTIL', 'Distilled from'), ('GENERATE', 'Generated with')], max_length=9)),
                ('changes', models.TextField(blank=True)),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='LicenceText',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('body', models.TextField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='licensing_licencetext_digest_is_hex'), models.CheckConstraint(condition=models.Q(('body', ''), _negated=True), name='licensing_licencetext_body_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='Licence',
            fields=[
                ('id', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('url', models.URLField(max_length=300)),
                ('text', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.licencetext')),
            ],
        ),
        migrations.CreateModel(
            name='OfferVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=200)),
                ('summary', models.TextField(blank=True)),
                ('audience', models.CharField(choices=[('EVERYONE', 'Everyone'), ('RESEARCH', 'Research and teaching'), ('COMMERCE', 'Commercial use')], max_length=8)),
                ('gate', models.CharField(choices=[('ALLOW', 'Allowed'), ('OBLIGATIONS', 'Allowed, with duties'), ('WARN', 'Unsettled; somebody decided')], max_length=11)),
                ('gate_table', models.CharField(max_length=20)),
                ('duties', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('reasons', models.JSONField(blank=True, default=list)),
                ('decision', models.TextField(blank=True)),
                ('written_at', models.DateTimeField()),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.licence')),
                ('licence_text', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.licencetext')),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='licensing.offer')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='offer',
            name='terms',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.offerversion'),
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('accepted_at', models.DateTimeField()),
                ('ip_address', models.GenericIPAddressField(blank=True, null=True)),
                ('user_agent', models.CharField(blank=True, max_length=300)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to=settings.AUTH_USER_MODEL)),
                ('licence_text', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.licencetext')),
                ('offer_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='licensing.offerversion')),
            ],
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('state', models.CharField(choices=[('AWAITING_PAYMENT', 'Waiting for your transfer'), ('PARTIALLY_PAID', 'Partly paid'), ('FULFILLED', 'Paid and granted'), ('CANCELLED', 'Cancelled by the buyer'), ('REJECTED', 'Rejected by the operator'), ('EXPIRED', 'Expired unpaid')], max_length=16)),
                ('currency', models.CharField(max_length=3)),
                ('total_minor', models.BigIntegerField()),
                ('paid_minor', models.BigIntegerField(default=0)),
                ('fee_bps', models.PositiveIntegerField()),
                ('placed_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closing_note', models.TextField(blank=True)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(choices=[('PAYMENT', 'Payment shared out'), ('PART_PAYMENT', 'Part of a payment, held'), ('RELEASE', 'Held money set free to return')], max_length=12)),
                ('content_sha256', models.CharField(max_length=64)),
                ('occurred_at', models.DateTimeField()),
                ('posted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='licensing.entry')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='licensing.order')),
            ],
            options={
                'verbose_name_plural': 'entries',
            },
        ),
        migrations.CreateModel(
            name='OrderLine',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField()),
                ('work_title', models.CharField(max_length=200)),
                ('offer_title', models.CharField(max_length=200)),
                ('price_minor', models.BigIntegerField()),
                ('fee_minor', models.BigIntegerField()),
                ('acceptance', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.acceptance')),
                ('offer_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.offerversion')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='licensing.order')),
            ],
        ),
        migrations.CreateModel(
            name='Party',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('description', models.TextField(blank=True)),
                ('organisation', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='party', to='accounts.organisation')),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='party', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'parties',
            },
        ),
        migrations.AddField(
            model_name='order',
            name='holder',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='licensing.party'),
        ),
        migrations.CreateModel(
            name='OfferConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consented_at', models.DateTimeField()),
                ('consented_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('offer_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='licensing.offerversion')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.party')),
            ],
        ),
        migrations.CreateModel(
            name='LedgerAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=80, unique=True)),
                ('party', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='account', to='licensing.party')),
            ],
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('granted_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('suspended_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.offer')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.orderline')),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.party')),
            ],
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(choices=[('MANUAL', 'Bank transfer')], max_length=6)),
                ('bank_reference', models.CharField(max_length=140)),
                ('amount_minor', models.BigIntegerField()),
                ('received_on', models.DateField()),
                ('confirmed_at', models.DateTimeField()),
                ('confirmed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='licensing.order')),
            ],
        ),
        migrations.CreateModel(
            name='PriceVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('FREE', 'Free'), ('FIXED', 'One price')], max_length=5)),
                ('minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('valid_from', models.DateTimeField()),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='licensing.offer')),
            ],
        ),
        migrations.AddField(
            model_name='orderline',
            name='price_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.priceversion'),
        ),
        migrations.AddField(
            model_name='offer',
            name='price',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.priceversion'),
        ),
        migrations.CreateModel(
            name='ShareSet',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('statement', models.TextField()),
                ('proposed_at', models.DateTimeField()),
                ('active_from', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ShareAcceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('statement_sha256', models.CharField(max_length=64)),
                ('accepted_at', models.DateTimeField()),
                ('accepted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.party')),
                ('share_set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='licensing.shareset')),
            ],
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('basis_points', models.PositiveIntegerField()),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='licensing.party')),
                ('share_set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='licensing.shareset')),
            ],
        ),
        migrations.AddField(
            model_name='orderline',
            name='share_set',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.shareset'),
        ),
        migrations.CreateModel(
            name='Work',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=200)),
                ('is_listed', models.BooleanField(default=False)),
                ('first_listed_at', models.DateTimeField(blank=True, null=True)),
                ('registered_at', models.DateTimeField()),
                ('licence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='works', to='licensing.licence')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='works', to='licensing.party')),
                ('readers', models.ManyToManyField(blank=True, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sources', models.ManyToManyField(related_name='derived_works', through='licensing.Derivation', through_fields=('work', 'source'), to='licensing.work')),
            ],
        ),
        migrations.AddField(
            model_name='shareset',
            name='work',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='share_sets', to='licensing.work'),
        ),
        migrations.AddField(
            model_name='offer',
            name='work',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='licensing.work'),
        ),
        migrations.AddField(
            model_name='derivation',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='licensing.work'),
        ),
        migrations.AddField(
            model_name='derivation',
            name='work',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='derivations', to='licensing.work'),
        ),
        migrations.CreateModel(
            name='LedgerLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('minor', models.BigIntegerField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='licensing.ledgeraccount')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='licensing.entry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry', 'account', 'currency'), name='licensing_ledgerline_account_once'), models.CheckConstraint(condition=models.Q(('minor', 0), _negated=True), name='licensing_ledgerline_not_zero'), models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='licensing_ledgerline_currency_is_iso')],
            },
        ),
        migrations.AddConstraint(
            model_name='licence',
            constraint=models.CheckConstraint(condition=models.Q(('id', ''), _negated=True), name='licensing_licence_id_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='offerversion',
            constraint=models.UniqueConstraint(fields=('offer', 'number'), name='licensing_offerversion_number_once'),
        ),
        migrations.AddConstraint(
            model_name='offerversion',
            constraint=models.CheckConstraint(condition=models.Q(('audience__in', ['EVERYONE', 'RESEARCH', 'COMMERCE'])), name='licensing_offerversion_audience_known'),
        ),
        migrations.AddConstraint(
            model_name='offerversion',
            constraint=models.CheckConstraint(condition=models.Q(('gate__in', ['ALLOW', 'OBLIGATIONS', 'WARN'])), name='licensing_offerversion_gate_passed'),
        ),
        migrations.AddConstraint(
            model_name='offerversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('gate', 'WARN'), _negated=True), models.Q(('decision', ''), _negated=True), _connector='OR'), name='licensing_offerversion_warning_decided'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.UniqueConstraint(fields=('user', 'offer_version'), name='licensing_acceptance_once_per_version'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['occurred_at', 'id'], name='licensing_entry_by_time'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='licensing_entry_key_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['PAYMENT', 'PART_PAYMENT', 'RELEASE'])), name='licensing_entry_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('user__isnull', True), ('organisation__isnull', True), _connector='OR'), name='licensing_party_one_identity'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('user__isnull', False), ('organisation__isnull', False), models.Q(('description', ''), _negated=True), _connector='OR'), name='licensing_party_described_if_no_account'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='licensing_party_name_not_empty'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['buyer', 'placed_at', 'id'], name='licensing_order_by_buyer'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('state__in', ['AWAITING_PAYMENT', 'PARTIALLY_PAID'])), fields=['placed_at', 'id'], name='licensing_order_open'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['AWAITING_PAYMENT', 'PARTIALLY_PAID', 'FULFILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'])), name='licensing_order_state_known'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state__in', ['AWAITING_PAYMENT', 'PARTIALLY_PAID'])), models.Q(models.Q(('state__in', ['AWAITING_PAYMENT', 'PARTIALLY_PAID']), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='licensing_order_closed_unless_open'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['AWAITING_PAYMENT', 'PARTIALLY_PAID']), _negated=True), ('expires_at__isnull', False), _connector='OR'), name='licensing_order_open_expires'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('paid_minor__gte', 0), ('total_minor__gte', 0)), name='licensing_order_total_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paid_minor', 0), ('state', 'AWAITING_PAYMENT')), models.Q(('paid_minor__gt', 0), ('paid_minor__lt', models.F('total_minor')), ('state', 'PARTIALLY_PAID')), models.Q(('paid_minor__gte', models.F('total_minor')), ('state', 'FULFILLED')), models.Q(('paid_minor', 0), ('state__in', ['CANCELLED', 'EXPIRED'])), models.Q(('paid_minor__lt', models.F('total_minor')), ('state', 'REJECTED')), _connector='OR'), name='licensing_order_paid_agrees_with_state'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('fee_bps__lte', 10000)), name='licensing_order_fee_within_whole'),
        ),
        migrations.AddConstraint(
            model_name='offerconsent',
            constraint=models.UniqueConstraint(fields=('offer_version', 'party'), name='licensing_offerconsent_once'),
        ),
        migrations.AddConstraint(
            model_name='ledgeraccount',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[a-z]+:[a-z0-9_-]+$')), name='licensing_ledgeraccount_code_shaped'),
        ),
        migrations.AddConstraint(
            model_name='ledgeraccount',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code__startswith', 'payable:'), ('party__isnull', False)), models.Q(models.Q(('code__startswith', 'payable:'), _negated=True), ('party__isnull', True)), _connector='OR'), name='licensing_ledgeraccount_payable_has_party'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('line', 'holder'), name='licensing_entitlement_one_live'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('granted_at')), _connector='OR'), name='licensing_entitlement_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Upper('bank_reference'), models.F('provider'), name='licensing_payment_reference_once'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('bank_reference', ''), _negated=True), name='licensing_payment_reference_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='licensing_payment_amount_positive'),
        ),
        migrations.AddConstraint(
            model_name='priceversion',
            constraint=models.UniqueConstraint(fields=('offer', 'number'), name='licensing_priceversion_number_once'),
        ),
        migrations.AddConstraint(
            model_name='priceversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'FREE'), ('minor', 0)), models.Q(('kind', 'FIXED'), ('minor__gt', 0)), _connector='OR'), name='licensing_priceversion_free_is_zero'),
        ),
        migrations.AddConstraint(
            model_name='priceversion',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='licensing_priceversion_currency_is_iso'),
        ),
        migrations.AddConstraint(
            model_name='shareacceptance',
            constraint=models.UniqueConstraint(fields=('share_set', 'party'), name='licensing_shareacceptance_once'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.UniqueConstraint(fields=('share_set', 'party'), name='licensing_share_once_per_party'),
        ),
        migrations.AddConstraint(
            model_name='share',
            constraint=models.CheckConstraint(condition=models.Q(('basis_points__gte', 1), ('basis_points__lte', 10000)), name='licensing_share_within_whole'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.UniqueConstraint(fields=('order', 'position'), name='licensing_orderline_position_once'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('fee_minor__gte', 0), ('fee_minor__lte', models.F('price_minor'))), name='licensing_orderline_fee_within_price'),
        ),
        migrations.AddConstraint(
            model_name='work',
            constraint=models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='licensing_work_title_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='work',
            constraint=models.CheckConstraint(condition=models.Q(('is_listed', False), ('first_listed_at__isnull', False), _connector='OR'), name='licensing_work_listed_has_time'),
        ),
        migrations.AddConstraint(
            model_name='shareset',
            constraint=models.UniqueConstraint(condition=models.Q(('active_from__isnull', False), ('closed_at__isnull', True)), fields=('work',), name='licensing_shareset_one_active'),
        ),
        migrations.AddConstraint(
            model_name='shareset',
            constraint=models.UniqueConstraint(condition=models.Q(('active_from__isnull', True), ('closed_at__isnull', True)), fields=('work',), name='licensing_shareset_one_pending'),
        ),
        migrations.AddConstraint(
            model_name='shareset',
            constraint=models.CheckConstraint(condition=models.Q(('active_from__isnull', True), ('closed_at__isnull', True), ('closed_at__gte', models.F('active_from')), _connector='OR'), name='licensing_shareset_closed_after_active'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.UniqueConstraint(fields=('work', 'code'), name='licensing_offer_code_once_per_work'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['DRAFT', 'LIVE', 'WITHDRAWN'])), name='licensing_offer_state_known'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'LIVE'), _negated=True), ('live_from__isnull', False), _connector='OR'), name='licensing_offer_live_has_time'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'WITHDRAWN'), ('withdrawn_at__isnull', False)), models.Q(models.Q(('state', 'WITHDRAWN'), _negated=True), ('withdrawn_at__isnull', True)), _connector='OR'), name='licensing_offer_withdrawn_has_time'),
        ),
        migrations.AddConstraint(
            model_name='derivation',
            constraint=models.UniqueConstraint(fields=('work', 'source'), name='licensing_derivation_once'),
        ),
        migrations.AddConstraint(
            model_name='derivation',
            constraint=models.CheckConstraint(condition=models.Q(('work', models.F('source')), _negated=True), name='licensing_derivation_not_of_itself'),
        ),
        migrations.AddConstraint(
            model_name='derivation',
            constraint=models.CheckConstraint(condition=models.Q(('relation__in', ['COPY', 'SUBSET', 'MERGE', 'ADAPT', 'TRAIN', 'FINE_TUNE', 'DISTIL', 'GENERATE'])), name='licensing_derivation_relation_known'),
        ),
        migrations.AddConstraint(
            model_name='derivation',
            constraint=models.CheckConstraint(condition=models.Q(('relation', 'COPY'), models.Q(('changes', ''), _negated=True), _connector='OR'), name='licensing_derivation_changes_told'),
        ),
    ]
