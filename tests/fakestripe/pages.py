"""The pages people see at Stripe, where one pays and signs up, and what came of it all."""

from html import escape
from urllib.parse import quote

from licensing.money import shown
from tests.fakestripe.book import PLATFORM, Book, Object

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
* {{ box-sizing: border-box }}
body {{ margin: 0; padding: 2rem 1rem; background: #f3f4f8; color: #1a1f36;
  font: 1rem/1.5 system-ui, sans-serif }}
main {{ max-width: {width}rem; margin: 0 auto; padding: 1.5rem; background: #fff;
  border: 1px solid #d5d9e5; border-radius: .5rem }}
h1 {{ margin: 0 0 1rem; font-size: 1.5rem }} h2 {{ font-size: 1.1rem }}
p {{ overflow-wrap: anywhere }}
div {{ overflow-x: auto }}
table {{ width: 100%; border-collapse: collapse }}
th, td {{ padding: .5rem .75rem .5rem 0; border-bottom: 1px solid #d5d9e5;
  text-align: left; font-weight: normal; vertical-align: top }}
.sum {{ padding-right: 0; text-align: right }}
tr:last-child .total {{ border: 0; font-weight: bold }}
form {{ display: inline-block; margin-top: .35rem }}
.wide {{ display: block }}
button {{ padding: .6rem 1rem; border: 1px solid #4b45c6; border-radius: .35rem;
  background: #fff; color: #3d38a8; font: inherit; cursor: pointer }}
button.main {{ background: #4b45c6; color: #fff }}
.wide button {{ width: 100%; margin: .75rem 0 0 }}
[role=alert] {{ padding: .6rem 1rem; border-radius: .35rem; background: #fde8e8;
  color: #8a1212 }}
a {{ color: #3d38a8 }} small {{ color: #4f566b }}
</style></head>
<body><main><h1>{title}</h1>{body}
<p><small>This is a stand-in for Stripe. No money moves.{more}</small></p></main></body>
</html>
"""
ELSEWHERE = ' <a href="/">What happened here</a>'
CARDS = (
    ("works", "Pay {}", "main"),
    ("declined", "Pay with a card that is declined", ""),
)


def page(title: str, body: str, *, width: int = 30, more: str = ELSEWHERE) -> str:
    return PAGE.format(title=title, body=body, width=width, more=more)


def checkout_page(session: Object, asked: Object, *, problem: str = "") -> str:
    """Return the page to pay on: what is bought, what it comes to, and two cards."""
    currency = session["currency"].upper()
    amount = shown(session["amount_total"], currency)
    rows = "".join(
        f'<tr><th scope="row">{escape(line["price_data"]["product_data"]["name"])}</th>'
        f'<td class="sum">{shown(line["price_data"]["unit_amount"], currency)}</td></tr>'
        for line in asked["line_items"]
    )
    if off := session["total_details"]["amount_discount"]:
        rows += _row("Discount", f"−{shown(off, currency)}")
    rows += _row("To pay", amount, of="total")
    note = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    buttons = "".join(
        f'<button class="{look}" name="card" value="{card}">{label.format(amount)}</button>'
        for card, label, look in CARDS
    )
    back = session["cancel_url"]
    cancel = f'<p><a href="{escape(back)}">Cancel</a></p>' if back else ""
    return page(
        "Checkout",
        f'<table>{rows}</table>{note}<form class="wide" method="post">{buttons}</form>'
        f"{cancel}",
    )


def closed_page(session: Object) -> str:
    return page("Checkout", f"<p>This session is {escape(session['status'])}.</p>")


def onboarding_page(account: Object) -> str:
    return page(
        "Become payable",
        "<p>Stripe asks here who you are, and for your bank account. Its stand-in takes "
        "your word for it.</p>"
        f"<p>Your account is <code>{escape(account['id'])}</code>.</p>"
        '<form class="wide" method="post"><button class="main">Finish</button></form>',
    )


def overview_page(book: Book) -> str:
    """Return what happened here, with buttons for what banks do."""
    charges, disputes = book.all_of("charge"), book.all_of("dispute")
    held = {PLATFORM: "The platform"} | {
        one["id"]: one["email"] or "An owner"
        for one in reversed(book.all_of("account"))
    }
    sums = [
        _row(f"{escape(who)}<br><small>{name}</small>", shown(minor, money.upper()))
        for name, who in held.items()
        for money in sorted({money for _, money in {*book.settled, *book.pending}})
        if (minor := book.held(name, money)) or name == PLATFORM
    ]
    return page(
        "What happened at Stripe",
        _section("Payments", [_charged(one) for one in charges])
        + _section("Disputes", [_disputed(one) for one in disputes])
        + _section("Who has what", sums),
        width=45,
        more=" The buttons do what a buyer's bank does.",
    )


def back_to_shop(session: Object) -> str:
    return str(session["success_url"]).replace(
        "{CHECKOUT_SESSION_ID}", quote(session["id"])
    )


def _section(title: str, rows: list[str]) -> str:
    body = f"<div><table>{''.join(rows)}</table></div>" if rows else "<p>None yet.</p>"
    return f"<h2>{title}</h2>{body}"


def _row(name: str, value: str, *, of: str = "") -> str:
    return (
        f'<tr><th scope="row" class="{of}">{name}</th>'
        f'<td class="sum {of}">{value}</td></tr>'
    )


def _charged(charge: Object) -> str:
    currency, left = charge["currency"].upper(), charge["amount"]
    said = shown(left, currency)
    if back := charge["amount_refunded"]:
        said += f", {shown(back, currency)} refunded"
    act = _button("dispute", "Dispute it", charge=charge["id"])
    return _row(
        f"{escape(charge['transfer_group'] or '')}<br><small>{charge['id']}</small>",
        f"{said}<br>{'disputed' if charge['disputed'] else act}",
    )


def _disputed(dispute: Object) -> str:
    is_open = dispute["status"] not in ("won", "lost")
    acts = "".join(
        _button("decide", label, dispute=dispute["id"], is_won=is_won)
        for label, is_won in (("Shop wins", "yes"), ("Buyer wins", ""))
    )
    amount = shown(dispute["amount"], dispute["currency"].upper())
    return _row(
        f"{dispute['charge']}<br><small>{dispute['id']}</small>",
        f"{amount}<br>{acts if is_open else dispute['status']}",
    )


def _button(act: str, label: str, **said: str) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in said.items()
    )
    return (
        f'<form method="post" action="/control/{act}">{hidden}'
        f"<button>{label}</button></form> "
    )
