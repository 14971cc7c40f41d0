"""Where owners are paid by bank transfer, as they say it themselves."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing.models import BankAccount, Party
from licensing.permissions import require_acts_for
from licensing.services.letters import tell_of_account
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from marketplace.kit.words import checked_words

LONGEST_HOLDER = 140
LONGEST_DETAILS = 500
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


@transaction.atomic
def set_bank_account(
    actor: User,
    *,
    party: Party,
    holder: str,
    iban: str,
    details: str,
    at: datetime,
) -> BankAccount:
    """Say where a party is paid from now on; the same again changes nothing.

    All who act for it are written to.

    Args:
        actor: acts for the party.
        party: who is paid.
        holder: whom the bank knows the account as.
        iban: of the account; spaces are left out. Empty where there is none.
        details: what stands for an IBAN where there is none, as lines.
        at: when.

    Raises:
        PermissionDenied: `actor` does not act for the party.
        Malformed: the message names the field.
    """
    require_acts_for(actor, party)
    holder = " ".join(
        checked_words(holder, field="holder", most=LONGEST_HOLDER).split()
    )
    details = checked_words(
        details, field="details", most=LONGEST_DETAILS, is_needed=False
    )
    lines = (" ".join(line.split()) for line in details.splitlines())
    details, iban = "\n".join(line for line in lines if line), checked_iban(iban)
    if bool(iban) == bool(details):
        raise Malformed(
            gettext("iban: give an IBAN, or else what your bank goes by; one of both.")
        )
    said = {"holder": holder, "iban": iban, "details": details}
    if same := BankAccount.objects.filter(party=party, **said).first():
        return same
    account, _ = BankAccount.objects.update_or_create(
        party=party, defaults={**said, "changed_by": actor, "changed_at": at}
    )
    record_act(actor, "set_bank_account", party, at=at)
    tell_of_account(party, by=actor, at=at)
    return account


@transaction.atomic
def forget_bank_account(actor: User, *, party: Party, at: datetime) -> None:
    """Keep no account of a party's any more; twice is once.

    Raises:
        PermissionDenied: `actor` does not act for the party.
    """
    require_acts_for(actor, party)
    deleted, _ = BankAccount.objects.filter(party=party).delete()
    if deleted:
        record_act(actor, "forget_bank_account", party, at=at)
        tell_of_account(party, by=actor, at=at)


def checked_iban(said: str) -> str:
    """Return an IBAN as it is stored, empty if none is given.

    Its check digits are those of ISO 7064, MOD 97-10: with the first four characters
    moved to the end and letters read as 10 to 35, the number leaves 1 (ISO 13616-1).

    Raises:
        Malformed: it is none.
    """
    iban = re.sub(r"[\s\-]", "", said).upper()
    if not iban:
        return ""
    if not IBAN.fullmatch(iban):
        raise Malformed(
            gettext("iban: begin with the two letters of the country, such as DE.")
        )
    number = "".join(str(int(each, 36)) for each in iban[4:] + iban[:4])
    if int(number) % 97 != 1:
        raise Malformed(
            gettext("iban: a character of it is wrong; its check digits do not fit.")
        )
    return iban
