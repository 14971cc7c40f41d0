"""Who issues invoices here: the operator, as the settings name them."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Issuer:
    """What an invoice says of who issues it; `prefix` begins its number."""

    name: str
    address: str
    country: str
    vat_id: str
    note: str
    prefix: str


def issuer_of_now() -> Issuer:
    """Return the issuer as the installation's settings name it.

    Whoever's money settles an order, the invoice is the operator's, so this is not asked
    of every caller on the way there.
    """
    site = settings.STOA
    return Issuer(
        name=site.operator_name,
        address=site.operator_address,
        country=site.operator_country,
        vat_id=site.operator_vat_id,
        note=site.invoice_note,
        prefix=site.invoice_prefix,
    )
