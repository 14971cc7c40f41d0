"""Figures of what this site keeps: licences that were read, the fee, how sums part."""

from django.utils.translation import gettext, gettext_noop

from licensing.licence_facts import BY_ID
from licensing.money import WHOLE, fee_of, shown, split
from licensing.plain_grid import Answer, grid_of
from marketplace.front.learn.drawing import Bar, Bars, Figure

OWNED = {"Ada": 7_000, "Bruno": 3_000}  # basis points, as in the demonstration
PRICE = 49_00
PRICES = (5_00, 49_00, 250_00)
OFFERED = {
    gettext_noop("Research offer"): "CC-BY-NC-4.0",
    gettext_noop("Commercial offer"): "LicenseRef-Stoa-Commercial-1.0",
    gettext_noop("Open, for comparison"): "CC-BY-4.0",
}


def licences_figure(fee_bps: int, currency: str) -> Figure:  # noqa: ARG001  figures of the site share a shape
    """Count, of the licences that were read, how many allow what."""
    read = list(BY_ID.values())
    asked = {
        gettext("Use in business"): [one.permits_commercial_use for one in read],
        gettext("Share a changed form"): [one.permits_derivatives for one in read],
        gettext("Sell copies"): [one.permits_sale for one in read],
    }
    return Bars(
        title=gettext("What %(read)s licences allow") % {"read": len(read)},
        caption=gettext(
            "All licences that we have read, clause by clause. Open one to see the "
            "section that each answer rests on."
        ),
        head=gettext("May one …"),
        of=gettext("Licences that say yes"),
        ceiling=len(read),
        bars=tuple(
            Bar(label, f"{sum(said)} of {len(read)}", sum(said))
            for label, said in asked.items()
        ),
    )


def shares_figure(fee_bps: int, currency: str) -> Figure:
    """Divide one sale as the ledger would, with the fee of this site."""
    fee = fee_of(PRICE, fee_bps=fee_bps)
    parts = split(PRICE - fee, weights=OWNED)
    return Bars(
        title=gettext("Where %(price)s go") % {"price": shown(PRICE, currency)},
        caption=gettext(
            "One sale of a dataset that two people own 70 to 30, divided by "
            "the function that books sales here. This site keeps %(value)s "
            "%%."
        )
        % {"value": f"{fee_bps / 100:g}"},
        head=gettext("Who"),
        of=gettext("Part of the price"),
        ceiling=PRICE,
        bars=(
            Bar(gettext("This site"), shown(fee, currency), fee),
            *(
                Bar(
                    gettext("%(name)s, %(value)s %% of the rest")
                    % {"name": name, "value": OWNED[name] * 100 // WHOLE},
                    shown(part, currency),
                    part,
                )
                for name, part in parts.items()
            ),
        ),
    )


def prices_figure(fee_bps: int, currency: str) -> Figure:
    """Show what owners receive of some prices."""
    return Bars(
        title=gettext("What owners receive"),
        caption=gettext(
            "The fee of this site is %(value)s %% of the price, rounded "
            "down: an odd cent is the owners’. A bar is their part of the "
            "price."
        )
        % {"value": f"{fee_bps / 100:g}"},
        head=gettext("Price"),
        of=gettext("Owners receive"),
        noted=gettext("Fee"),
        bars=tuple(
            Bar(
                shown(price, currency),
                shown(price - fee_of(price, fee_bps=fee_bps), currency),
                1 - fee_of(price, fee_bps=fee_bps) / price,
                note=shown(fee_of(price, fee_bps=fee_bps), currency),
            )
            for price in PRICES
        ),
    )


def offers_figure(fee_bps: int, currency: str) -> Figure:  # noqa: ARG001  figures of the site share a shape
    """Count the cells of a licence’s grid that say yes, with duties or without."""
    bars = []
    for label, licence in OFFERED.items():
        grid = grid_of(licence)
        cells = (
            [each for row in grid.cells.values() for each in row.values()]
            if grid
            else []
        )
        allowed = sum(each.answer in {Answer.YES, Answer.DUTIES} for each in cells)
        shown = gettext("%(n)s of %(all)s") % {"n": allowed, "all": len(cells)}
        bars.append(Bar(gettext(label), shown, allowed, note=licence))
    return Bars(
        title=gettext("The same files under three licences"),
        caption=gettext(
            "Sixteen things one might do: use, study, change or give away the work, a "
            "changed form, a model or an insight. Bars count what is allowed, with or "
            "without "
            "duties."
        ),
        head=gettext("Offer"),
        of=gettext("Things allowed"),
        noted=gettext("Licence"),
        ceiling=16,
        bars=tuple(bars),
    )
