"""What the shop's first tables get for money that moves: refunds, cards, discounts, tax."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


# What was earned before is of its order's first line: the ledger did not say of which.
BACKFILL = """
ALTER TABLE licensing_ledgerline DISABLE TRIGGER append_only;
UPDATE licensing_ledgerline AS line
SET occurred_at = entry.occurred_at,
    order_line_id = (
        SELECT first.id FROM licensing_orderline AS first
        WHERE first.order_id = entry.order_id
          AND (account.code = 'revenue:platform_fee' OR account.party_id IS NOT NULL)
        ORDER BY first.position LIMIT 1
    )
FROM licensing_entry AS entry, licensing_ledgeraccount AS account
WHERE entry.id = line.entry_id AND account.id = line.account_id;
ALTER TABLE licensing_ledgerline ENABLE TRIGGER append_only;
"""

# Orders from before had no discount and no tax: they come to their prices.
SUM_UP = "UPDATE licensing_order SET subtotal_minor = total_minor"


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0002_walls'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='payment',
            name='licensing_payment_reference_once',
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='licensing_payment_reference_not_empty',
        ),
        migrations.RemoveConstraint(
            model_name='entry',
            name='licensing_entry_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='ledgeraccount',
            name='licensing_ledgeraccount_code_shaped',
        ),
        migrations.RemoveConstraint(
            model_name='ledgerline',
            name='licensing_ledgerline_account_once',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='licensing_order_state_known',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='licensing_order_paid_agrees_with_state',
        ),
        migrations.RemoveConstraint(
            model_name='orderline',
            name='licensing_orderline_fee_within_price',
        ),
        migrations.RemoveConstraint(
            model_name='priceversion',
            name='licensing_priceversion_free_is_zero',
        ),
        migrations.RenameField(
            model_name='payment',
            old_name='bank_reference',
            new_name='reference',
        ),
        migrations.AlterField(
            model_name='payment',
            name='confirmed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='payment',
            name='provider',
            field=models.CharField(choices=[('MANUAL', 'Bank transfer'), ('STRIPE', 'Stripe')], max_length=6),
        ),
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('PAYMENT', 'Payment shared out'), ('PART_PAYMENT', 'Part of a payment, held'), ('RELEASE', 'Held money set free to return'), ('PROCESSOR_FEE', 'What the payment provider keeps'), ('REFUND', 'Refund'), ('REFUND_FAILED', 'Refund that did not arrive'), ('RETURN', 'Overpaid or freed money returned'), ('DISPUTE', 'Disputed by the payer, held'), ('DISPUTE_WON', 'Dispute won'), ('DISPUTE_LOST', 'Dispute lost'), ('PAYOUT', 'Paid out'), ('PAYOUT_FAILED', 'Payout that did not arrive'), ('PAYOUT_RETURNED', 'Part of a payout taken back'), ('CONVERSION', 'Changed from one currency into another'), ('PRIZE_FUNDED', 'Prize paid into escrow'), ('PRIZE_AWARDED', 'Prize awarded'), ('PRIZE_RETURNED', 'Prize returned to who funded it')], max_length=16),
        ),
        migrations.AlterField(
            model_name='ledgerline',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='licensing.ledgeraccount'),
        ),
        migrations.AlterField(
            model_name='order',
            name='state',
            field=models.CharField(choices=[('AWAITING_PAYMENT', 'Waiting for your payment'), ('PARTIALLY_PAID', 'Partly paid'), ('FULFILLED', 'Paid and granted'), ('PARTLY_REFUNDED', 'Partly refunded'), ('REFUNDED', 'Refunded'), ('DISPUTED', 'Disputed by the payer'), ('LOST', 'Lost in a dispute'), ('CANCELLED', 'Cancelled by the buyer'), ('REJECTED', 'Rejected by the operator'), ('EXPIRED', 'Expired unpaid')], max_length=16),
        ),
        migrations.AlterField(
            model_name='priceversion',
            name='kind',
            field=models.CharField(choices=[('FREE', 'Free'), ('FIXED', 'One price'), ('PAY_WHAT_YOU_WANT', 'Whatever the buyer wants to pay'), ('RECURRING', 'A price for each month or year'), ('METERED', 'A price for what is used, after each month')], max_length=17),
        ),
        migrations.AddField(
            model_name='entitlement',
            name='stopped_because',
            field=models.TextField(blank=True, db_default=''),
        ),
        migrations.AddField(
            model_name='ledgerline',
            name='occurred_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='ledgerline',
            name='order_line',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='booked', to='licensing.orderline'),
        ),
        migrations.AddField(
            model_name='order',
            name='discount_minor',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='order',
            name='is_tax_included',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='order',
            name='subtotal_minor',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='order',
            name='tax_bps',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='order',
            name='tax_country',
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name='order',
            name='tax_minor',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='order',
            name='vat_id',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='orderline',
            name='discount_minor',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='orderline',
            name='quantity',
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='orderline',
            name='tax_minor',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='priceversion',
            name='period',
            field=models.CharField(blank=True, choices=[('MONTH', 'a month'), ('YEAR', 'a year'), ('USE', 'for 1,000 requests')], db_default='', max_length=5),
        ),
        migrations.AddField(
            model_name='priceversion',
            name='suggested_minor',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='priceversion',
            name='cap_minor',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.RunSQL([BACKFILL, SUM_UP], migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='ledgerline',
            name='occurred_at',
            field=models.DateTimeField(),
        ),
        migrations.AddIndex(
            model_name='ledgerline',
            index=models.Index(fields=['account', 'occurred_at'], include=('currency', 'minor'), name='licensing_ledgerline_by_time'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Upper('reference'), models.F('provider'), name='licensing_payment_reference_once'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('reference', ''), _negated=True), name='licensing_payment_reference_not_empty'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('provider', 'MANUAL'), _negated=True), ('confirmed_by__isnull', False), _connector='OR'), name='licensing_payment_transfer_is_vouched_for'),
        ),
        migrations.AddConstraint(
            model_name='ledgeraccount',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^[a-z]+:[a-z0-9_-]+(:[a-z0-9-]+)?$')), name='licensing_ledgeraccount_code_shaped'),
        ),
        migrations.AddConstraint(
            model_name='ledgerline',
            constraint=models.UniqueConstraint(fields=('entry', 'account', 'currency', 'order_line'), name='licensing_ledgerline_account_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['AWAITING_PAYMENT', 'PARTIALLY_PAID', 'FULFILLED', 'PARTLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'LOST', 'CANCELLED', 'REJECTED', 'EXPIRED'])), name='licensing_order_state_known'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('paid_minor', 0), ('state', 'AWAITING_PAYMENT')), models.Q(('paid_minor__gt', 0), ('paid_minor__lt', models.F('total_minor')), ('state', 'PARTIALLY_PAID')), models.Q(('paid_minor__gte', models.F('total_minor')), ('state__in', ['FULFILLED', 'PARTLY_REFUNDED', 'REFUNDED', 'DISPUTED', 'LOST'])), models.Q(('paid_minor', 0), ('state__in', ['CANCELLED', 'EXPIRED'])), models.Q(('paid_minor__lt', models.F('total_minor')), ('state', 'REJECTED')), _connector='OR'), name='licensing_order_paid_agrees_with_state'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('is_tax_included', False), ('total_minor', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('subtotal_minor'), '-', models.F('discount_minor')), '+', models.F('tax_minor')))), models.Q(('is_tax_included', True), ('total_minor', django.db.models.expressions.CombinedExpression(models.F('subtotal_minor'), '-', models.F('discount_minor')))), _connector='OR'), name='licensing_order_total_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('discount_minor__gte', 0), ('discount_minor__lte', models.F('subtotal_minor'))), name='licensing_order_discount_within_price'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('tax_minor', 0), models.Q(('tax_bps__gt', 0), ('tax_country__regex', '^[A-Z]{2}$'), ('tax_minor__gt', 0)), _connector='OR'), name='licensing_order_tax_has_rate_and_country'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('fee_minor__gte', 0), ('fee_minor__lte', django.db.models.expressions.CombinedExpression(models.F('price_minor'), '-', models.F('discount_minor')))), name='licensing_orderline_fee_within_price'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='licensing_orderline_counts_from_one'),
        ),
        migrations.AddConstraint(
            model_name='orderline',
            constraint=models.CheckConstraint(condition=models.Q(('discount_minor__gte', 0), ('tax_minor__gte', 0), ('discount_minor__lte', models.F('price_minor'))), name='licensing_orderline_discount_within_price'),
        ),
        migrations.AddConstraint(
            model_name='priceversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'FREE'), ('minor', 0), ('period', ''), ('suggested_minor__isnull', True)), models.Q(('kind', 'FIXED'), ('minor__gt', 0), ('period', ''), ('suggested_minor__isnull', True)), models.Q(('kind', 'PAY_WHAT_YOU_WANT'), ('minor__gte', 0), ('period', ''), ('suggested_minor__gte', django.db.models.functions.comparison.Greatest('minor', 1))), models.Q(('kind', 'RECURRING'), ('minor__gt', 0), ('period__in', ['MONTH', 'YEAR']), ('suggested_minor__isnull', True)), models.Q(('kind', 'METERED'), ('minor__gt', 0), ('period', 'USE'), ('suggested_minor__isnull', True)), _connector='OR'), name='licensing_priceversion_says_what_its_kind_asks'),
        ),
        migrations.AddConstraint(
            model_name='priceversion',
            constraint=models.CheckConstraint(condition=models.Q(('cap_minor__isnull', True), models.Q(('cap_minor__gte', 1), ('kind', 'METERED')), _connector='OR'), name='licensing_priceversion_cap_is_of_use'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['PAYMENT', 'PART_PAYMENT', 'RELEASE', 'PROCESSOR_FEE', 'REFUND', 'REFUND_FAILED', 'RETURN', 'DISPUTE', 'DISPUTE_WON', 'DISPUTE_LOST', 'PAYOUT', 'PAYOUT_FAILED', 'PAYOUT_RETURNED', 'CONVERSION', 'PRIZE_FUNDED', 'PRIZE_AWARDED', 'PRIZE_RETURNED'])), name='licensing_entry_kind_known'),
        ),
    ]
