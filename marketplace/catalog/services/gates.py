"""Gates: shut and open them, and write what they say."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.gates import GateText, stored
from marketplace.catalog.models import Gate, Gating, Repository
from marketplace.catalog.permissions import MANAGE, require
from marketplace.catalog.services.repositories import lock_present
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError


class NotGated(DomainError):
    code = "not_gated"
    status = 400


@transaction.atomic
def set_gating(
    actor: User, *, repository: Repository, gating: Gating | str, changed_at: datetime
) -> None:
    """Let whoever sees a repository have its bytes, or only those let in by its gate.

    Requests are kept while the gate is open, and count again once it is shut.

    Raises:
        PermissionDenied: `actor` may not manage it.
        RepositoryDeleted: restore it first.
    """
    require(actor, MANAGE, repository)
    lock_present(repository)
    if repository.gating == Gating(gating):
        return
    repository.gating = Gating(gating)
    repository.save(update_fields=["gating"])
    Gate.objects.get_or_create(repository=repository)
    record_act(
        actor,
        "set_gating",
        repository,
        at=changed_at,
        gating=str(repository.gating),
    )


def write_gate(repository: Repository, text: GateText) -> None:
    """Keep what the card says of the gate; call it in the act that brought the card."""
    said = {
        "heading": text.heading,
        "description": text.description,
        "prompt": text.prompt,
        "button": text.button,
        "fields": stored(text.fields),
    }
    if any(said.values()):
        Gate.objects.update_or_create(repository=repository, defaults=said)
    else:
        Gate.objects.filter(repository=repository).update(**said)


def require_gate(repository: Repository) -> None:
    """Return if a repository has a gate.

    Raises:
        NotGated: it has none.
    """
    if not repository.is_gated:
        raise NotGated(
            gettext("“%(repository)s” has no gate: whoever sees it may ask for none.")
            % {"repository": repository}
        )
