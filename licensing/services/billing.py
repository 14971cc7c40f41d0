"""To whom invoices are made out: kept by a person for themselves, or an organisation."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing.models import BillingDetails, Party
from licensing.permissions import require_acts_for
from licensing.services.quotes import VAT_ID
from licensing.services.works import party_of_user
from licensing.territories import COUNTRIES
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from marketplace.kit.words import checked_words

LONGEST_NAME = 200
LONGEST_ADDRESS = 500


@transaction.atomic
def set_billing_details(
    actor: User,
    *,
    party: Party | None,
    name: str,
    address: str,
    country: str,
    vat_id: str,
    at: datetime,
) -> BillingDetails:
    """Say to whom a party's invoices are made out from now on.

    Args:
        actor: who acts for the party.
        party: who buys; None for `actor` themselves.
        name: as the invoice is to say it.
        address: lines, or empty.
        country: two letters of ISO 3166, or empty.
        vat_id: with its country's letters, or empty; spaces and dots are left out.
        at: when.

    Raises:
        PermissionDenied: `actor` does not act for the party.
        Malformed: the message names the field.
    """
    party = party or party_of_user(actor)
    require_acts_for(actor, party)
    name = checked_words(name, field="name", most=LONGEST_NAME)
    address = checked_words(
        address, field="address", most=LONGEST_ADDRESS, is_needed=False
    )
    said = {
        "name": " ".join(name.split()),
        "address": "\n".join(
            " ".join(line.split()) for line in address.splitlines() if line.strip()
        ),
        "country": country.strip().upper(),
        "vat_id": re.sub(r"[\s.\-]", "", vat_id).upper(),
    }
    if said["country"] and said["country"] not in COUNTRIES:
        raise Malformed(
            gettext("country: give the two letters of ISO 3166, such as DE.")
        )
    if said["vat_id"] and not VAT_ID.fullmatch(said["vat_id"]):
        raise Malformed(
            gettext(
                "vat_id: begin with the two letters of the country, such as DE123456789."
            )
        )
    details, _ = BillingDetails.objects.update_or_create(
        party=party, defaults={**said, "changed_by": actor, "changed_at": at}
    )
    record_act(actor, "set_billing_details", party, at=at)
    return details
