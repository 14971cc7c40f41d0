"""What second factors are made from: sealed under the site's key, and under its next."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext

from marketplace.kit.at_rest import SealBroken, opened, resealed, sealed
from marketplace.kit.errors import DomainError

SEAL = "accounts.second-factor"
SEALED = ("secret", "seed")  # of an app; of recovery codes


class SecondFactorLost(DomainError):
    """It was sealed under a secret key that the site has no more."""

    code = "second_factor_lost"
    status = 503


def seal_factor(text: str) -> str:
    return sealed(text.encode(), purpose=SEAL).decode()


def open_factor(stored: str) -> str:
    """Return what `seal_factor` was given.

    Raises:
        SecondFactorLost: the site's secret key was changed since, and not kept.
    """
    try:
        return opened(stored.encode(), purpose=SEAL).decode()
    except SealBroken as fault:
        raise SecondFactorLost(
            gettext(
                "Your second factor was sealed under a key that this site has no more. "
                "Write "
                "to the operator, who can take it away: you then sign in without, and set "
                "one up anew."
            )
        ) from fault


def reseal_factors() -> tuple[int, int]:
    """Put every second factor under the site's key of now.

    Returns:
        How many were put under it, and how many open under none of the site's keys.

    Cost: a query for each factor, and one more for each that changes.
    """
    done = lost = 0
    for pk in list(Authenticator.objects.order_by("pk").values_list("pk", flat=True)):
        try:
            done += _reseal(pk)
        except SealBroken:
            lost += 1
    return done, lost


@transaction.atomic
def _reseal(pk: int) -> bool:
    factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if factor is None:  # taken away meanwhile
        return False
    anew = {
        name: resealed(factor.data[name].encode(), purpose=SEAL).decode()
        for name in SEALED
        if name in factor.data
    }
    if anew.items() <= factor.data.items():
        return False
    factor.data |= anew
    factor.save(update_fields=["data"])
    return True
