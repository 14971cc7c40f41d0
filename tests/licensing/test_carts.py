import pytest
from django.core.exceptions import PermissionDenied

from licensing import services
from licensing.conditions import Conditions
from licensing.models import Cart, CartItem, Order, PriceKind
from licensing.services import Asking, Wishes
from licensing.totals import NO_TAXES, Taxes
from marketplace.kit.errors import Malformed
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.licensing import DAY, FEE_BPS, NOON, PAY_WITHIN, make_offer
from tests.licensing.reading import read
from tests.licensing.test_discounts import make_discount

pytestmark = pytest.mark.django_db

GREECE = Taxes({"GR": 2400})


def accept(user, *offers):
    for offer in offers:
        services.accept_terms(user, offer=offer, accepted_at=NOON)


def order_cart(user, *, taxes=NO_TAXES, **more):
    return services.order_cart(
        user,
        ordered_at=NOON,
        fee_bps=FEE_BPS,
        pay_within=PAY_WITHIN,
        taxes=taxes,
        **more,
    )


def test_what_a_cart_shows_is_what_it_is_ordered_at_and_it_is_ordered_once():
    user, first, second = UserFactory(), make_offer(), make_offer(price_minor=50_00)
    make_discount(first, code="FIRST")
    accept(user, first, second)
    services.put_in_cart(user, offer=second, at=NOON)
    services.put_in_cart(user, offer=first, at=NOON)
    services.put_in_cart(user, offer=first, at=NOON)  # twice is once
    services.fill_cart(
        user,
        offers=[first, second],
        wishes=Wishes(code="first", country="GR"),
        at=NOON,
    )

    (shown,) = services.carts_of(user, at=NOON, taxes=GREECE)
    order = order_cart(user, taxes=GREECE)

    assert (shown.quote.totals.discount_minor, shown.refusal) == (20_00, "")
    assert shown.quote.totals.total_minor == order.total_minor == 161_20
    assert order.lines.count() == 2
    assert not CartItem.objects.exists()
    with pytest.raises(services.CartEmpty):
        order_cart(user)
    kept = services.cart_of(user, at=NOON, taxes=GREECE).cart
    assert (kept.discount, kept.country) == (None, "GR")


def test_somebody_has_a_cart_for_each_they_act_for():
    organisation, offer = OrganisationFactory(), make_offer()
    user = organisation.memberships.get().user
    party = services.party_of(organisation.namespace)
    seats = make_offer(conditions=Conditions(seats=2))

    services.put_in_cart(user, offer=offer, at=NOON)
    services.put_in_cart(
        user,
        offer=seats,
        holder=party,
        wishes=Wishes(quantities={seats.pk: 3}),
        at=NOON,
    )

    mine, theirs = sorted(
        services.carts_of(user, at=NOON, taxes=NO_TAXES),
        key=lambda shown: shown.quote.totals.total_minor,
    )
    assert mine.quote.totals.total_minor == 100_00
    assert (theirs.cart.holder, theirs.quote.totals.total_minor) == (party, 300_00)
    with pytest.raises(PermissionDenied):
        services.put_in_cart(UserFactory(), offer=offer, holder=party, at=NOON)
    with pytest.raises(PermissionDenied):
        services.cart_of(UserFactory(), at=NOON, taxes=NO_TAXES, holder=party)


def test_a_cart_says_why_it_cannot_be_ordered_as_it_is():
    user, offer, dollars = UserFactory(), make_offer(), make_offer(currency="USD")
    services.put_in_cart(user, offer=offer, at=NOON)
    services.put_in_cart(user, offer=dollars, at=NOON)

    def refusal():
        (shown,) = services.carts_of(user, at=NOON, taxes=NO_TAXES)
        assert shown.quote is None
        return shown.refusal

    assert "one currency" in refusal()
    services.withdraw_offer(
        dollars.work.owner.user, offer=dollars, withdrawn_at=NOON + DAY
    )
    assert "not open to orders any more" in refusal()
    with pytest.raises(services.OfferWithdrawn):
        order_cart(user)
    assert CartItem.objects.count() == 2
    for wrong in ({"quantities": {offer.pk: 0}}, {"amounts": {offer.pk: -1}}):
        with pytest.raises(Malformed):
            services.fill_cart(user, offers=[offer], wishes=Wishes(**wrong), at=NOON)


def of_cart(page, name, value):
    """The fields a browser sends for the one cart on a page."""
    prefix = str(Cart.objects.get().pk)[:8]
    return {**page, f"{prefix}-{name}": value}


def test_buyers_gather_on_pages_see_the_sum_and_order_what_they_saw(browser):
    user, offer = UserFactory(), make_offer()
    named = make_offer(
        price_minor=2_00, asking=Asking(PriceKind.PAY_WHAT_YOU_WANT, 10_00)
    )
    make_discount(offer, code="PAGES")
    here = browser(user)
    for each in (offer, named):
        page = here.get(f"/offers/{each.pk}")
        form = page.context["form"]
        sent = {
            **{name: form[name].value() for name in ("licence_sha256", "shown")},
            "terms_sha256": form["terms_sha256"].value() or "",
            "accept": "on",
            "act": "cart",
            **({"amount": "7.50"} if each == named else {}),
        }
        assert here.post(f"/offers/{each.pk}", sent)["Location"] == "/cart"
    page = read(here.get("/cart"))
    assert "€\N{NO-BREAK SPACE}107.50" in page

    filled = {"act": "update", **of_cart({}, "code", "pages")}
    filled = of_cart(filled, f"amount-{named.pk}", "8")
    here.post("/cart", filled)
    page = read(here.get("/cart"))
    assert "−€\N{NO-BREAK SPACE}20.00" in page
    assert "€\N{NO-BREAK SPACE}88.00" in page
    stale = of_cart({**filled, "act": "order"}, "seen", "1")
    stale[f"{str(Cart.objects.get().pk)[:8]}-amount-{named.pk}"] = "9"
    page = read(here.post("/cart", stale))
    assert "It comes to 89.00 EUR now." in page
    assert 'value="9"' in page  # what was typed is there still, and not yet kept
    assert not Order.objects.exists()
    huge = of_cart(filled, f"amount-{named.pk}", "9" * 20)
    assert "nor too large" in read(here.post("/cart", huge))
    wrong = read(here.post("/cart", of_cart({**filled}, "code", "NONESUCH")))
    assert "There is no such code" in wrong
    assert 'value="NONESUCH"' in wrong
    done = here.post("/cart", of_cart({**filled, "act": "order"}, "seen", "8800"))

    order = Order.objects.get()
    assert done["Location"] == f"/orders/{order.number}"
    assert (order.total_minor, order.discount_minor) == (88_00, 20_00)
    assert "Nothing in the cart" in read(here.get("/cart"))
    page = read(here.get(f"/orders/{order.number}"))
    assert "Discount" in page


def test_a_cart_over_the_api_tells_its_sum_and_is_ordered_once(api):
    user, offer = UserFactory(), make_offer()
    make_discount(offer, code="WIRE")
    accept(user, offer)
    client = api(user)
    body = {"offers": [str(offer.pk)], "code": "wire"}

    filled = client.put("/api/v1/cart", body).json()
    assert filled["quote"]["total"] == {"minor": 80_00, "currency": "EUR"}
    assert filled == client.get("/api/v1/cart").json()
    key = {"Idempotency-Key": "a cart"}
    first = client.post("/api/v1/cart/order", {}, headers=key)
    again = client.post("/api/v1/cart/order", {}, headers=key)
    assert (first.status_code, first.json()) == (201, again.json())
    empty = client.post("/api/v1/cart/order", {})
    assert (empty.status_code, empty.json()["code"]) == (409, "cart_empty")
    for wrong in ({"amounts": {"x": 1}}, {"quantities": {str(offer.pk): 0}}):
        assert client.put("/api/v1/cart", {**body, **wrong}).status_code == 400

    tries = [
        client.put("/api/v1/cart", {**body, "code": f"TRY-{number}"}).status_code
        for number in range(11)
    ]
    assert (tries[0], tries[-1]) == (409, 429)


def test_a_cart_is_taxed_where_the_billing_details_of_its_holder_say(api):
    organisation, offer = OrganisationFactory(), make_offer()
    user = organisation.memberships.get().user
    museum = services.party_of(organisation.namespace)
    accept(user, offer)
    said = {"name": "A museum", "address": "", "vat_id": "EL123456789"}
    for party in (museum, None):
        services.set_billing_details(user, party=party, country="GR", at=NOON, **said)
    mine, theirs = (
        services.put_in_cart(user, offer=offer, holder=party, at=NOON)
        for party in (None, museum)
    )
    shown = {
        each.cart: (each.country, each.vat_id, each.quote.totals.tax.country)
        for each in services.carts_of(user, at=NOON, taxes=GREECE)
    }
    assert shown == {mine: ("GR", "", "GR"), theirs: ("GR", "EL123456789", "GR")}

    same, other = Wishes(country="GR"), Wishes(country="FR")
    for wishes in (same, other, same):
        services.fill_cart(user, offers=[offer], wishes=wishes, at=NOON)
    services.set_billing_details(user, party=None, country="FR", at=NOON, **said)
    order = order_cart(user, taxes=GREECE)

    assert (order.tax_country, order.vat_id, order.tax_minor) == ("FR", "", 0)
    theirs = api(user).get("/api/v1/cart", {"holder": museum.name}).json()
    assert (theirs["country"], theirs["vat_id"]) == ("GR", "EL123456789")


@pytest.mark.parametrize("count", [1, 3])
def test_a_cart_is_ordered_in_twelve_queries_with_a_code_and_tax_however_full(
    count, django_assert_num_queries
):
    user, offers = UserFactory(), [make_offer() for _ in range(count)]
    make_discount(code="ALL-OF-IT")
    accept(user, *offers)
    for offer in offers:
        services.put_in_cart(
            user, offer=offer, wishes=Wishes(code="ALL-OF-IT", country="GR"), at=NOON
        )

    with django_assert_num_queries(12 + 2):  # and the transaction's two
        order = order_cart(user, taxes=GREECE)

    assert (order.lines.count(), order.total_minor) == (count, count * 117_80)
    assert not Cart.objects.filter(discount__isnull=False).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_a_cart_is_read_in_as_many_queries_however_full(
    count, django_assert_num_queries
):
    user = UserFactory()
    for _ in range(count):
        services.put_in_cart(user, offer=make_offer(), at=NOON)

    with django_assert_num_queries(5):
        services.carts_of(user, at=NOON, taxes=NO_TAXES)


def test_owners_make_codes_on_a_page_and_close_them(browser):
    offer = make_offer()
    here = browser(offer.work.owner.user)
    assert offer.work.title in read(here.get(f"/discounts/new?offer={offer.pk}"))

    wrong = here.post("/discounts/new", {"code": "SPRING", "offers": [offer.pk]})
    assert "Give a percentage or an amount" in read(wrong)
    said = {"code": "spring", "percent": "12.5", "offers": [offer.pk], "max_uses": "3"}
    assert here.post("/discounts/new", said)["Location"] == "/discounts"
    page = read(here.get("/discounts"))
    assert "SPRING" in page
    assert "12.5\N{NO-BREAK SPACE}%" in page
    stranger = browser(UserFactory())
    assert "SPRING" not in read(stranger.get("/discounts"))
    refused = stranger.post("/discounts/new", {**said, "code": "OTHER"})
    assert refused.status_code in {200, 403}
    code = offer.discounts.get()
    here.post(f"/discounts/{code.pk}/close")
    code.refresh_from_db()
    assert code.closed_at is not None


def test_owners_make_codes_over_the_api(api):
    offer = make_offer()
    owner = api(offer.work.owner.user)
    body = {
        "code": "wired",
        "issuer": offer.work.owner.name,
        "offers": [str(offer.pk)],
        "amount_minor": 5_00,
        "currency": "EUR",
        "domains": ["uoa.gr"],
    }

    made = owner.post("/api/v1/discounts", body)

    assert made.status_code == 201
    assert (made.json()["code"], made.json()["uses"]) == ("WIRED", 0)
    assert owner.get("/api/v1/discounts").json()["results"] == [made.json()]
    taken = owner.post("/api/v1/discounts", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "code_taken")
    assert api(UserFactory()).post("/api/v1/discounts", body).status_code == 403
    for wrong in ({"issuer": "nobody-here"}, {"offers": []}, {"percent_bps": 1}):
        answer = owner.post("/api/v1/discounts", {**body, "code": "MORE", **wrong})
        assert answer.status_code == 400
    closed = owner.post(f"/api/v1/discounts/{made.json()['id']}/close")
    assert closed.json()["closed_at"]


def test_a_subscription_is_shown_and_stopped_on_its_page(browser, api):
    offer = make_offer(
        price_minor=9_00, asking=Asking(PriceKind.RECURRING, period="MONTH")
    )
    user = UserFactory()
    accept(user, offer)
    shown = api(user).get(f"/api/v1/offers/{offer.pk}").json()["pricing"]["now"]
    assert (shown["kind"], shown["period"]) == ("RECURRING", "MONTH")
    free = make_discount(offer, code="FIRST-FREE", percent_bps=10_000)
    services.place_order(
        user,
        offers=[offer],
        placed_at=NOON,
        fee_bps=FEE_BPS,
        pay_within=PAY_WITHIN,
        wishes=Wishes(code=free.code),
    )
    here = browser(user)
    assert "€\N{NO-BREAK SPACE}9.00 a month" in read(here.get("/subscriptions"))
    (row,) = api(user).get("/api/v1/subscriptions").json()["results"]
    assert row["price"] == {"minor": 9_00, "currency": "EUR"}
    (number,) = services.renew_subscriptions(
        NOON + 30 * DAY, fee_bps=FEE_BPS, ahead=PAY_WITHIN, taxes=NO_TAXES
    )
    assert f"Pay order {number}" in read(here.get("/subscriptions"))

    here.post(f"/subscriptions/{row['id']}/stop")

    assert "Stopped; yours until then." in read(here.get("/subscriptions"))
