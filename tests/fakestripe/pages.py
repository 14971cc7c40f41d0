"""The two pages people see at Stripe: where one pays, and where owners sign up."""

from html import escape
from urllib.parse import quote

from tests.fakestripe.book import Object

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>{title}</h1>{body}
<p><small>This is a stand-in for Stripe. No money moves.</small></p></main></body></html>
"""


def checkout_page(session: Object, *, problem: str = "") -> str:
    amount = f"{session['amount_total']} {session['currency'].upper()} minor units"
    note = f'<p role="alert">{escape(problem)}</p>' if problem else ""
    back = session["cancel_url"]
    cancel = f'<p><a href="{escape(back)}">Cancel</a></p>' if back else ""
    buttons = "".join(
        f'<button name="card" value="{card}">{label}</button> '
        for card, label in (("works", "Pay"), ("declined", "Pay with a bad card"))
    )
    body = f'<p>{amount}</p>{note}<form method="post">{buttons}</form>{cancel}'
    return PAGE.format(title="Checkout", body=body)


def closed_page(session: Object) -> str:
    return PAGE.format(
        title="Checkout", body=f"<p>This session is {escape(session['status'])}.</p>"
    )


def onboarding_page(account: Object) -> str:
    body = (
        f"<p>{escape(account['id'])} is asked for a bank account and consent.</p>"
        '<form method="post"><button>Finish</button></form>'
    )
    return PAGE.format(title="Become payable", body=body)


def back_to_shop(session: Object) -> str:
    return str(session["success_url"]).replace(
        "{CHECKOUT_SESSION_ID}", quote(session["id"])
    )
