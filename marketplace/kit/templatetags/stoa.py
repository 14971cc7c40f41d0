"""How pages print money, sizes, scores and names."""

from datetime import timedelta
from typing import Protocol

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy

register = template.Library()

SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
DIGITS = {  # of the minor unit, by ISO 4217; two where nothing is said
    **dict.fromkeys(_NONE.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
SIGNIFICANT = 4
MINUTE = 60
SPANS = (  # from how many seconds on, how many one has, what it is called
    (172_800, 86_400, ngettext_lazy("about %(n)s day", "about %(n)s days", "n")),
    (5_400, 3_600, ngettext_lazy("about %(n)s hour", "about %(n)s hours", "n")),
    (MINUTE, MINUTE, ngettext_lazy("about %(n)s minute", "about %(n)s minutes", "n")),
)


@register.filter
def money(minor: int, currency: str) -> str:
    """Print minor units as people write them: `€ 19.99`, `JPY 500` as `¥ 500`."""
    digits = DIGITS.get(currency, 2)
    whole, part = divmod(abs(minor), 10**digits)
    sign = "−" if minor < 0 else ""
    tail = f".{part:0{digits}d}" if digits else ""
    return f"{sign}{SIGNS.get(currency, currency)}\N{NO-BREAK SPACE}{whole:,}{tail}"


@register.filter
def said(words: object) -> str:
    """Print words that were marked where the reader's language was not known."""
    return gettext(str(words))


@register.filter
def up_to(least: float | None, most: float | None) -> str:
    """Print a range as people write it, such as `0 to 1` or `0 and up`."""
    if least is None and most is None:
        return gettext("any number")
    if least is None:
        return gettext("up to %(most)s") % {"most": f"{most:g}"}
    if most is None:
        return gettext("%(least)s and up") % {"least": f"{least:g}"}
    return gettext("%(least)s to %(most)s") % {
        "least": f"{least:g}",
        "most": f"{most:g}",
    }


@register.filter
def each_said(words: str) -> str:
    """Print several of them, divided by commas."""
    return ", ".join(map(gettext, words.split(", ")))


@register.filter
def initials(name: str) -> str:
    """Print what stands for a name in a small circle: at most two letters, in capitals."""
    words = "".join(each if each.isalnum() else " " for each in name).split()
    ends = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in ends).upper()


@register.filter
def score(value: float | None) -> str:
    """Print a metric with four significant digits; a dash where there is none."""
    if value is None:
        return "–"
    return (
        f"{value:.{SIGNIFICANT}g}" if abs(value) < 10**SIGNIFICANT else f"{value:,.0f}"
    )


@register.filter
def roughly(span: timedelta) -> str:
    """Print a span as people say it: `under a minute`, `about 3 minutes`."""
    seconds = span.total_seconds()
    if seconds < MINUTE:
        return gettext("under a minute")
    _, size, words = next(each for each in SPANS if seconds >= each[0])
    count = round(seconds / size)
    return str(words % {"n": count})


@register.filter
def percent_of_bps(basis_points: int) -> str:
    """Print basis points as a percentage: 500 is `5 %`, 1250 is `12.5 %`."""
    return f"{basis_points / 100:g}\N{NO-BREAK SPACE}%"


@register.filter
def percent(share: float) -> str:
    """Print a share as a whole percentage: 0.254 is `25 %`."""
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


@register.simple_tag
def interval_bar(
    value: float | None,
    low: float | None,
    high: float | None,
    floor: float,
    ceiling: float,
) -> SafeString | str:
    """Draw a score with its interval on a scale from `floor` to `ceiling`.

    The numbers stand beside it as text, so screen readers skip the drawing.
    """
    if value is None or ceiling <= floor:
        return ""

    def place(number: float) -> float:
        share = (number - floor) / (ceiling - floor)
        return round(min(max(share, 0.0), 1.0) * 100, 2)

    at = place(value)
    start = place(value if low is None else low)
    width = max(round(place(value if high is None else high) - start, 2), 0.5)
    return format_html(
        '<svg class="ci" viewBox="0 0 100 10" preserveAspectRatio="none" '
        'aria-hidden="true" focusable="false">'
        '<rect class="ci__scale" x="0" y="4.5" width="100" height="1"/>'
        '<rect class="ci__range" x="{}" y="2.5" width="{}" height="5"/>'
        '<rect class="ci__value" x="{}" y="0" width="1.4" height="10"/></svg>',
        start,
        width,
        max(at - 0.7, 0),
    )


class Barred(Protocol):
    """A number with where its interval ends, if it has one."""

    value: float
    low: float | None
    high: float | None


class Scaled(Protocol):
    """Where the scale of bars begins and ends."""

    floor: float
    ceiling: float


@register.simple_tag
def drawn_bar(bar: Barred, scale: Scaled) -> SafeString:
    """Draw a bar from the scale's beginning, with a stretch for its interval.

    The numbers stand beside it as text, so screen readers skip the drawing.
    """

    def place(number: float) -> float:
        share = (number - scale.floor) / (scale.ceiling - scale.floor)
        return round(min(max(share, 0.0), 1.0) * 100, 2)

    interval: SafeString | str = ""
    if bar.low is not None and bar.high is not None:
        start, end = place(bar.low), place(bar.high)
        interval = format_html(
            '<rect class="bar__interval" x="{}" y="3.5" width="{}" height="3"/>',
            start,
            max(round(end - start, 2), 0.5),
        )
    return format_html(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" '
        'aria-hidden="true" focusable="false">'
        '<rect class="bar__scale" width="100" height="10"/>'
        '<rect class="bar__value" width="{}" height="10"/>{}</svg>',
        place(bar.value),
        interval,
    )
