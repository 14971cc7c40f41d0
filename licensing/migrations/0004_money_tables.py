"""The tables of money that moves, each with its constraints."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.db.models.lookups
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0003_money_fields'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Checkout',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checkouts', to='licensing.order')),
                ('provider', models.CharField(choices=[('MANUAL', 'Bank transfer'), ('STRIPE', 'Stripe')], max_length=6)),
                ('state', models.CharField(choices=[('CREATING', 'Being opened'), ('OPEN', 'Waiting for the buyer'), ('UNKNOWN', 'The provider did not answer'), ('PAID', 'Paid'), ('EXPIRED', 'Closed unpaid')], max_length=8)),
                ('amount_minor', models.BigIntegerField()),
                ('external_id', models.CharField(blank=True, max_length=200)),
                ('url', models.TextField(blank=True)),
                ('intent', models.CharField(blank=True, max_length=200)),
                ('charge', models.CharField(blank=True, max_length=200)),
                ('begun_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['CREATING', 'OPEN', 'UNKNOWN'])), fields=['asked_at'], name='licensing_checkout_live')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['CREATING', 'OPEN', 'UNKNOWN'])), fields=('order',), name='licensing_checkout_one_live'), models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('provider', 'external_id'), name='licensing_checkout_external_id_once'), models.UniqueConstraint(condition=models.Q(('intent', ''), _negated=True), fields=('provider', 'intent'), name='licensing_checkout_intent_once'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='licensing_checkout_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['OPEN', 'PAID']), _negated=True), models.Q(('external_id', ''), _negated=True), _connector='OR'), name='licensing_checkout_known_if_open_or_paid'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state__in', ['CREATING', 'OPEN', 'UNKNOWN'])), models.Q(models.Q(('state__in', ['CREATING', 'OPEN', 'UNKNOWN']), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='licensing_checkout_closed_unless_live')],
            },
        ),
        migrations.CreateModel(
            name='Inbox',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('MANUAL', 'Bank transfer'), ('STRIPE', 'Stripe')], max_length=6)),
                ('external_id', models.CharField(max_length=200)),
                ('kind', models.CharField(max_length=100)),
                ('about', models.CharField(max_length=60)),
                ('about_id', models.CharField(max_length=200)),
                ('received_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('handled_at', models.DateTimeField(blank=True, null=True)),
                ('fault', models.TextField(blank=True)),
            ],
            options={
                'verbose_name_plural': 'inbox',
                'indexes': [models.Index(condition=models.Q(('handled_at__isnull', True)), fields=['due_at'], name='licensing_inbox_due')],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id'), name='licensing_inbox_event_once')],
            },
        ),
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(choices=[('MANUAL', 'Bank transfer'), ('STRIPE', 'Stripe')], max_length=6)),
                ('topic', models.CharField(choices=[('RETURN', 'Send back what came in too much'), ('REFUND', 'Send a refund'), ('TRANSFER', 'Pass a payout on'), ('REVERSAL', 'Take back a part of a payout')], max_length=8)),
                ('key', models.CharField(max_length=120)),
                ('payload', models.JSONField(default=dict)),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='outbox', to='licensing.order')),
                ('written_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('refused_at', models.DateTimeField(blank=True, null=True)),
                ('answer', models.CharField(blank=True, max_length=200)),
                ('fault', models.TextField(blank=True)),
            ],
            options={
                'verbose_name_plural': 'outbox',
                'indexes': [models.Index(condition=models.Q(('refused_at__isnull', True), ('sent_at__isnull', True)), fields=['due_at'], name='licensing_outbox_due')],
                'constraints': [models.UniqueConstraint(fields=('topic', 'key'), name='licensing_outbox_once'), models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='licensing_outbox_key_not_empty'), models.CheckConstraint(condition=models.Q(('sent_at__isnull', True), ('refused_at__isnull', True), _connector='OR'), name='licensing_outbox_sent_or_refused')],
            },
        ),
        migrations.CreateModel(
            name='Payee',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payees', to='licensing.party')),
                ('provider', models.CharField(choices=[('MANUAL', 'Bank transfer'), ('STRIPE', 'Stripe')], max_length=6)),
                ('account', models.CharField(blank=True, max_length=200)),
                ('is_payable', models.BooleanField(default=False)),
                ('has_told_all', models.BooleanField(default=False)),
                ('missing', models.JSONField(blank=True, default=list)),
                ('refused_for', models.CharField(blank=True, max_length=200)),
                ('begun_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('party', 'provider'), name='licensing_payee_one_each'), models.UniqueConstraint(condition=models.Q(('account', ''), _negated=True), fields=('provider', 'account'), name='licensing_payee_account_once'), models.CheckConstraint(condition=models.Q(('is_payable', False), models.Q(('account', ''), _negated=True), _connector='OR'), name='licensing_payee_payable_has_account')],
            },
        ),
        migrations.CreateModel(
            name='Conversion',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='conversion', serialize=False, to='licensing.entry')),
                ('from_currency', models.CharField(max_length=3)),
                ('from_minor', models.BigIntegerField()),
                ('to_currency', models.CharField(max_length=3)),
                ('to_minor', models.BigIntegerField()),
                ('rate_numerator', models.BigIntegerField()),
                ('rate_denominator', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('from_currency', models.F('to_currency')), _negated=True), name='licensing_conversion_two_currencies'), models.CheckConstraint(condition=models.Q(('from_minor__gt', 0), ('rate_denominator__gt', 0), ('rate_numerator__gt', 0), ('to_minor__gt', 0)), name='licensing_conversion_amounts_positive'), models.CheckConstraint(condition=models.Q(django.db.models.lookups.LessThanOrEqual(django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Cast('to_minor', models.DecimalField(decimal_places=0, max_digits=40)), '*', django.db.models.functions.comparison.Cast('rate_denominator', models.DecimalField(decimal_places=0, max_digits=40))), django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Cast('from_minor', models.DecimalField(decimal_places=0, max_digits=40)), '*', django.db.models.functions.comparison.Cast('rate_numerator', models.DecimalField(decimal_places=0, max_digits=40)))), django.db.models.lookups.GreaterThan(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Cast('to_minor', models.DecimalField(decimal_places=0, max_digits=40)), '+', models.Value(1)), '*', django.db.models.functions.comparison.Cast('rate_denominator', models.DecimalField(decimal_places=0, max_digits=40))), django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Cast('from_minor', models.DecimalField(decimal_places=0, max_digits=40)), '*', django.db.models.functions.comparison.Cast('rate_numerator', models.DecimalField(decimal_places=0, max_digits=40))))), name='licensing_conversion_at_its_rate_rounded_down')],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=150, unique=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='licensing.order')),
                ('state', models.CharField(choices=[('OPEN', 'Open'), ('WON', 'Won: the money came back'), ('LOST', "Lost: the money is the payer's")], max_length=4)),
                ('amount_minor', models.BigIntegerField()),
                ('reason', models.TextField()),
                ('opened_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_at', models.DateTimeField()),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['opened_at', 'id'], name='licensing_dispute_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='licensing_dispute_key_not_empty'), models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'WON', 'LOST'])), name='licensing_dispute_state_known'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='licensing_dispute_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True), ('state', 'OPEN')), models.Q(models.Q(('state', 'OPEN'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='licensing_dispute_closed_unless_open')],
            },
        ),
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=150, unique=True)),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payouts', to='licensing.party')),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='payout', to='licensing.entry')),
                ('provider', models.CharField(choices=[('MANUAL', 'Bank transfer'), ('STRIPE', 'Stripe')], max_length=6)),
                ('currency', models.CharField(max_length=3)),
                ('amount_minor', models.BigIntegerField()),
                ('reference', models.CharField(blank=True, max_length=140)),
                ('paid_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('paid_at', models.DateTimeField()),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
                ('failed_because', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(fields=['paid_at', 'id'], name='licensing_payout_by_time')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('reference'), models.F('provider'), condition=models.Q(('reference', ''), _negated=True), name='licensing_payout_reference_once'), models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='licensing_payout_key_not_empty'), models.CheckConstraint(condition=models.Q(('provider__in', ['MANUAL', 'STRIPE'])), name='licensing_payout_provider_known'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='licensing_payout_amount_positive'), models.CheckConstraint(condition=models.Q(models.Q(('provider', 'MANUAL'), _negated=True), models.Q(models.Q(('reference', ''), _negated=True), ('paid_by__isnull', False)), _connector='OR'), name='licensing_payout_transfer_is_vouched_for'), models.CheckConstraint(condition=models.Q(models.Q(('failed_at__isnull', True), ('failed_because', '')), models.Q(('failed_at__isnull', False), models.Q(('failed_because', ''), _negated=True)), _connector='OR'), name='licensing_payout_failure_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=150, unique=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='licensing.order')),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='refund', to='licensing.entry')),
                ('asked_sha256', models.CharField(db_default='', max_length=64)),
                ('amount_minor', models.BigIntegerField()),
                ('tax_minor', models.BigIntegerField()),
                ('reason', models.TextField()),
                ('revokes', models.BooleanField()),
                ('reference', models.CharField(blank=True, max_length=140)),
                ('refunded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('refunded_at', models.DateTimeField()),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['refunded_at', 'id'], name='licensing_refund_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='licensing_refund_key_not_empty'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='licensing_refund_says_why'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0), ('tax_minor__gte', 0), ('tax_minor__lte', models.F('amount_minor'))), name='licensing_refund_tax_within_amount')],
            },
        ),
        migrations.CreateModel(
            name='RefundLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('refund', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='licensing.refund')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='licensing.orderline')),
                ('amount_minor', models.BigIntegerField()),
                ('tax_minor', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('refund', 'line'), name='licensing_refundline_line_once'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0), ('tax_minor__gte', 0), ('tax_minor__lte', models.F('amount_minor'))), name='licensing_refundline_tax_within_amount')],
            },
        ),
        migrations.CreateModel(
            name='Discount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=40, unique=True)),
                ('issuer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='discounts', to='licensing.party')),
                ('percent_bps', models.PositiveIntegerField(blank=True, null=True)),
                ('amount_minor', models.BigIntegerField(blank=True, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), blank=True, default=list, size=None)),
                ('valid_from', models.DateTimeField()),
                ('valid_until', models.DateTimeField(blank=True, null=True)),
                ('max_uses', models.PositiveIntegerField(blank=True, null=True)),
                ('max_uses_each', models.PositiveIntegerField(blank=True, null=True)),
                ('uses', models.PositiveIntegerField(default=0)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('offers', models.ManyToManyField(blank=True, related_name='discounts', to='licensing.offer')),
            ],
            options={
                'indexes': [models.Index(fields=['issuer', 'made_at', 'id'], name='licensing_discount_by_issuer')],
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Z0-9][A-Z0-9-]{3,39}$')), name='licensing_discount_code_is_upper_case'), models.CheckConstraint(condition=models.Q(models.Q(('amount_minor__isnull', True), ('currency', ''), ('percent_bps__gte', 1), ('percent_bps__lte', 10000)), models.Q(('amount_minor__gte', 1), ('currency__regex', '^[A-Z]{3}$'), ('percent_bps__isnull', True)), _connector='OR'), name='licensing_discount_percent_or_amount'), models.CheckConstraint(condition=models.Q(('max_uses__isnull', True), ('uses__lte', models.F('max_uses')), _connector='OR'), name='licensing_discount_uses_within_maximum'), models.CheckConstraint(condition=models.Q(models.Q(('max_uses__isnull', True), ('max_uses__gte', 1), _connector='OR'), models.Q(('max_uses_each__isnull', True), ('max_uses_each__gte', 1), _connector='OR')), name='licensing_discount_counts_from_one'), models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR'), name='licensing_discount_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='DiscountUse',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('discount', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='used', to='licensing.discount')),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='discount_use', to='licensing.order')),
                ('used_at', models.DateTimeField()),
                ('given_back_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('given_back_at__isnull', True)), fields=['discount', 'order'], name='licensing_discountuse_standing')],
            },
        ),
        migrations.CreateModel(
            name='PaperSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=12)),
                ('kind', models.CharField(choices=[('INVOICE', 'Invoice'), ('CREDIT_NOTE', 'Credit note')], max_length=11)),
                ('year', models.PositiveIntegerField()),
                ('last', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name_plural': 'paper series',
                'constraints': [models.UniqueConstraint(fields=('prefix', 'kind', 'year'), name='licensing_paperseries_once'), models.CheckConstraint(condition=models.Q(('kind__in', ['INVOICE', 'CREDIT_NOTE'])), name='licensing_paperseries_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=32, unique=True)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.paperseries')),
                ('sequence', models.PositiveIntegerField()),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='licensing.order')),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s', to='licensing.entry')),
                ('currency', models.CharField(max_length=3)),
                ('net_minor', models.BigIntegerField()),
                ('tax_minor', models.BigIntegerField()),
                ('total_minor', models.BigIntegerField()),
                ('issued_at', models.DateTimeField()),
                ('content', models.JSONField()),
                ('content_sha256', models.CharField(max_length=64)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['issued_at', 'id'], name='licensing_invoice_by_time')],
                'constraints': [models.UniqueConstraint(fields=('series', 'sequence'), name='licensing_invoice_sequence_once'), models.CheckConstraint(condition=models.Q(('sequence__gte', 1)), name='licensing_invoice_sequence_from_one'), models.CheckConstraint(condition=models.Q(('net_minor__gte', 0), ('tax_minor__gte', 0), ('total_minor', django.db.models.expressions.CombinedExpression(models.F('net_minor'), '+', models.F('tax_minor'))), ('total_minor__gt', 0)), name='licensing_invoice_sum_agrees'), models.CheckConstraint(condition=models.Q(('content_sha256__regex', '^[0-9a-f]{64}$')), name='licensing_invoice_digest_shaped'), models.UniqueConstraint(fields=('order',), name='licensing_invoice_order_once')],
            },
        ),
        migrations.CreateModel(
            name='CreditNote',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=32, unique=True)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.paperseries')),
                ('sequence', models.PositiveIntegerField()),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='licensing.order')),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)s', to='licensing.entry')),
                ('currency', models.CharField(max_length=3)),
                ('net_minor', models.BigIntegerField()),
                ('tax_minor', models.BigIntegerField()),
                ('total_minor', models.BigIntegerField()),
                ('issued_at', models.DateTimeField()),
                ('content', models.JSONField()),
                ('content_sha256', models.CharField(max_length=64)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credit_notes', to='licensing.invoice')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['issued_at', 'id'], name='licensing_creditnote_by_time')],
                'constraints': [models.UniqueConstraint(fields=('series', 'sequence'), name='licensing_creditnote_sequence_once'), models.CheckConstraint(condition=models.Q(('sequence__gte', 1)), name='licensing_creditnote_sequence_from_one'), models.CheckConstraint(condition=models.Q(('net_minor__gte', 0), ('tax_minor__gte', 0), ('total_minor', django.db.models.expressions.CombinedExpression(models.F('net_minor'), '+', models.F('tax_minor'))), ('total_minor__gt', 0)), name='licensing_creditnote_sum_agrees'), models.CheckConstraint(condition=models.Q(('content_sha256__regex', '^[0-9a-f]{64}$')), name='licensing_creditnote_digest_shaped')],
            },
        ),
        migrations.CreateModel(
            name='BillingDetails',
            fields=[
                ('party', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='billing', serialize=False, to='licensing.party')),
                ('name', models.CharField(max_length=200)),
                ('address', models.TextField(blank=True, max_length=500)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('vat_id', models.CharField(blank=True, max_length=20)),
                ('changed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'billing details',
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='licensing_billingdetails_name_not_empty'), models.CheckConstraint(condition=models.Q(('country__regex', '^([A-Z]{2})?$')), name='licensing_billingdetails_country_shaped'), models.CheckConstraint(condition=models.Q(('vat_id__regex', '^[A-Z0-9]*$')), name='licensing_billingdetails_vat_id_shaped')],
            },
        ),
        migrations.CreateModel(
            name='OrderLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='licensing.order')),
                ('kind', models.CharField(choices=[('PLACED', 'How to pay it'), ('SETTLED', 'It is granted'), ('CREDITED', 'Money goes back')], max_length=8)),
                ('credit_note', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letter', to='licensing.creditnote')),
                ('due_at', models.DateTimeField()),
                ('told_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('told_at__isnull', True)), fields=['due_at', 'id'], name='licensing_orderletter_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('credit_note__isnull', True)), fields=('order', 'kind'), name='licensing_orderletter_once'), models.CheckConstraint(condition=models.Q(models.Q(('credit_note__isnull', False), ('kind', 'CREDITED')), models.Q(models.Q(('kind', 'CREDITED'), _negated=True), ('credit_note__isnull', True)), _connector='OR'), name='licensing_orderletter_credited_has_note'), models.CheckConstraint(condition=models.Q(('kind__in', ['PLACED', 'SETTLED', 'CREDITED'])), name='licensing_orderletter_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='Cart',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='carts', to=settings.AUTH_USER_MODEL)),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.party')),
                ('discount', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.discount')),
                ('country', models.CharField(blank=True, max_length=2)),
                ('vat_id', models.CharField(blank=True, max_length=20)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('buyer', 'holder'), name='licensing_cart_one_each')],
            },
        ),
        migrations.CreateModel(
            name='CartItem',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('cart', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='licensing.cart')),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='licensing.offer')),
                ('quantity', models.PositiveIntegerField(default=1)),
                ('amount_minor', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('cart', 'offer'), name='licensing_cartitem_offer_once'), models.CheckConstraint(condition=models.Q(('quantity__gte', 1), models.Q(('amount_minor__isnull', True), ('amount_minor__gte', 0), _connector='OR')), name='licensing_cartitem_counts_from_one')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('offer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='licensing.offer')),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='licensing.party')),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to=settings.AUTH_USER_MODEL)),
                ('first_line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='subscription', to='licensing.orderline')),
                ('started_at', models.DateTimeField()),
                ('paid_until', models.DateTimeField()),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('stopped_because', models.CharField(blank=True, max_length=200)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['paid_until'], name='licensing_subscription_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('paid_until__gt', models.F('started_at'))), name='licensing_subscription_paid_after_start'), models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('stopped_at__isnull', False), _connector='OR'), name='licensing_subscription_ends_once_stopped')],
            },
        ),
        migrations.CreateModel(
            name='SubscriptionPeriod',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('subscription', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='periods', to='licensing.subscription')),
                ('number', models.PositiveIntegerField()),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='period', to='licensing.orderline')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subscription', 'number'), name='licensing_subscriptionperiod_number_once'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='licensing_subscriptionperiod_ends_after_start')],
            },
        ),
        migrations.CreateModel(
            name='Usage',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('entitlement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='usage', to='licensing.entitlement')),
                ('month', models.DateField()),
                ('requests', models.BigIntegerField(default=0)),
                ('billed_at', models.DateTimeField(blank=True, null=True)),
                ('line', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='usage', to='licensing.orderline')),
            ],
            options={
                'verbose_name_plural': 'usage',
                'indexes': [models.Index(condition=models.Q(('billed_at__isnull', True)), fields=['month', 'id'], name='licensing_usage_unbilled')],
                'constraints': [models.UniqueConstraint(fields=('entitlement', 'month'), name='licensing_usage_month_once'), models.CheckConstraint(condition=models.Q(('line__isnull', True), ('billed_at__isnull', False), _connector='OR'), name='licensing_usage_line_once_billed'), models.CheckConstraint(condition=models.Q(('requests__gte', 0)), name='licensing_usage_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Purse',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject', models.UUIDField(unique=True)),
                ('reference', models.CharField(max_length=20, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('path', models.CharField(max_length=200)),
                ('funder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purses', to='licensing.party')),
                ('currency', models.CharField(max_length=3)),
                ('conditions', models.TextField(blank=True)),
                ('passing', models.CharField(choices=[('NEXT', 'Whoever is behind them moves up'), ('BACK', 'It goes back to who gave it')], max_length=4)),
                ('answer_days', models.PositiveSmallIntegerField()),
                ('stated_minor', models.BigIntegerField()),
                ('received_minor', models.BigIntegerField(default=0)),
                ('awarded_minor', models.BigIntegerField(default=0)),
                ('returned_minor', models.BigIntegerField(default=0)),
                ('stated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stated_at', models.DateTimeField()),
                ('held_since', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closing_note', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(fields=['-stated_at', '-id'], name='licensing_purse_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('passing__in', ['NEXT', 'BACK'])), name='licensing_purse_passing_known'), models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='licensing_purse_currency_is_iso'), models.CheckConstraint(condition=models.Q(('answer_days__gte', 1), ('stated_minor__gt', 0)), name='licensing_purse_stated_positive'), models.CheckConstraint(condition=models.Q(('awarded_minor__gte', 0), ('received_minor__gte', django.db.models.expressions.CombinedExpression(models.F('awarded_minor'), '+', models.F('returned_minor'))), ('returned_minor__gte', 0)), name='licensing_purse_never_overdrawn'), models.CheckConstraint(condition=models.Q(('closed_at__isnull', True), ('received_minor', django.db.models.expressions.CombinedExpression(models.F('awarded_minor'), '+', models.F('returned_minor'))), _connector='OR'), name='licensing_purse_closed_is_empty'), models.CheckConstraint(condition=models.Q(('decided_at__isnull', True), ('held_since__isnull', False), _connector='OR'), name='licensing_purse_decided_only_if_held'), models.CheckConstraint(condition=models.Q(('awarded_minor', 0), models.Q(('closed_at__isnull', False), ('decided_at__isnull', False)), _connector='OR'), name='licensing_purse_awarded_once_decided')],
            },
        ),
        migrations.CreateModel(
            name='Candidate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='licensing.purse')),
                ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidatures', to='licensing.party')),
                ('rank', models.PositiveIntegerField()),
                ('asked_at', models.DateTimeField(blank=True, null=True)),
                ('answer_by', models.DateTimeField(blank=True, null=True)),
                ('answer', models.CharField(blank=True, choices=[('ACCEPTED', 'Accepted'), ('DECLINED', 'Declined'), ('LAPSED', 'Did not answer in time'), ('STRUCK', 'Disqualified')], max_length=8)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('payee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.party')),
                ('awarded_minor', models.BigIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('answer', ''), ('asked_at__isnull', False)), fields=['answer_by'], name='licensing_candidate_asked')],
                'constraints': [models.UniqueConstraint(fields=('purse', 'party'), name='licensing_candidate_once'), models.CheckConstraint(condition=models.Q(('answer__in', ['', 'ACCEPTED', 'DECLINED', 'LAPSED', 'STRUCK'])), name='licensing_candidate_answer_known'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True)), models.Q(models.Q(('answer', ''), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='licensing_candidate_answered_with_time'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'ACCEPTED'), _negated=True), models.Q(('asked_at__isnull', False), ('payee__isnull', False)), _connector='OR'), name='licensing_candidate_accepted_with_payee'), models.CheckConstraint(condition=models.Q(models.Q(('answer_by__isnull', True), ('asked_at__isnull', True)), ('answer_by__gt', models.F('asked_at')), _connector='OR'), name='licensing_candidate_asked_until'), models.CheckConstraint(condition=models.Q(('awarded_minor', 0), models.Q(('answer', 'ACCEPTED'), ('awarded_minor__gt', 0)), _connector='OR'), name='licensing_candidate_awarded_if_accepted')],
            },
        ),
        migrations.CreateModel(
            name='PurseStatement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='licensing.purse')),
                ('number', models.PositiveIntegerField()),
                ('amounts', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('stated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stated_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('purse', 'number'), name='licensing_pursestatement_number_once'), models.CheckConstraint(condition=models.Q(('amounts__len__gte', 1)), name='licensing_pursestatement_has_places')],
            },
        ),
        migrations.CreateModel(
            name='PurseTransfer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('purse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='licensing.purse')),
                ('bank_reference', models.CharField(max_length=140)),
                ('amount_minor', models.BigIntegerField()),
                ('received_on', models.DateField()),
                ('confirmed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('bank_reference'), name='licensing_pursetransfer_reference_once'), models.CheckConstraint(condition=models.Q(('bank_reference', ''), _negated=True), name='licensing_pursetransfer_reference_not_empty'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='licensing_pursetransfer_amount_positive')],
            },
        ),
        migrations.CreateModel(
            name='BankAccount',
            fields=[
                ('party', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='bank_account', serialize=False, to='licensing.party')),
                ('holder', models.CharField(max_length=140)),
                ('iban', models.CharField(blank=True, max_length=34)),
                ('details', models.TextField(blank=True, max_length=500)),
                ('changed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('holder', ''), _negated=True), name='licensing_bankaccount_holder_not_empty'), models.CheckConstraint(condition=models.Q(('iban', ''), ('details', ''), _connector='XOR'), name='licensing_bankaccount_iban_or_details'), models.CheckConstraint(condition=models.Q(('iban__regex', '^([A-Z]{2}[0-9]{2}[A-Z0-9]{11,30})?$')), name='licensing_bankaccount_iban_shaped')],
            },
        ),
    ]
