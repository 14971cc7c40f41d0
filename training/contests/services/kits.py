"""Starting kits: a host gives out a file or a commit, entrants take it."""

import uuid
from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Commit
from marketplace.catalog.permissions import may_see
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.models import Blob
from marketplace.storage.services import store_stream
from training.contests import boards
from training.contests.entries import kits_of
from training.contests.models import Contest, StartingKit
from training.contests.permissions import require_host
from training.contests.services.giving import require_data

MOST_KITS = 20
MOST_KIT_BYTES = 2 * 2**30


class KitMissing(DomainError):
    """The contest gives no such kit out."""

    code = "no_such_kit"
    status = 404


class KitNameTaken(DomainError):
    """Another kit of the contest has the name."""

    code = "kit_name_taken"


@transaction.atomic
def add_kit(
    actor: User,
    *,
    contest: Contest,
    name: str = "",
    what: Blob | Commit,
    at: datetime,
) -> StartingKit:
    """Give entrants something to begin from.

    Args:
        actor: a host.
        contest: whose.
        name: of the file; a commit's is made of its repository where it is left out.
        what: a file, or a version of a repository that `actor` sees. Whoever takes
            that needs the repository's own leave.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        Malformed: the message names the field.
        KitNameTaken: choose another name.
    """
    require_host(actor, contest)
    if isinstance(what, Commit):
        if not may_see(actor, what.repository):
            raise Malformed(
                gettext("repository: there is no such repository, or not for you.")
            )
        name = name or f"{what.repository} at {what.oid[:8]}"
    held = boards.hold(contest.pk)
    kit = put_kit(held, name=name, what=what, at=at)
    record_act(actor, "add_kit", held, at=at, sha256=kit.digest)
    return kit


def add_kit_file(
    actor: User,
    *,
    contest: Contest,
    name: str,
    source: BinaryIO,
    limit_bytes: int,
    at: datetime,
) -> StartingKit:
    """Keep a file and give it to entrants; what is refused by its name is not kept.

    Args:
        actor: a host.
        contest: whose.
        name: of the file.
        source: its bytes.
        limit_bytes: the most that may come.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        Malformed: the message names the field.
        KitNameTaken: choose another name.
        TooLarge: it is longer than `limit_bytes`, or than any kit may be.
    """
    require_host(actor, contest)
    _free_name(contest, name, is_file=True)
    most = min(MOST_KIT_BYTES, limit_bytes)
    blob = store_stream(source, stored_at=at, limit_bytes=most)
    return add_kit(actor, contest=contest, name=name, what=blob, at=at)


def put_kit(
    contest: Contest, *, name: str, what: Blob | Commit, at: datetime
) -> StartingKit:
    """Give something out whoever asks, with the contest held; for services alone.

    Raises:
        Malformed: the message names the field.
        KitNameTaken: choose another name.
    """
    own = _free_name(contest, name, is_file=isinstance(what, Blob))
    if isinstance(what, Blob) and not 1 <= what.size_bytes <= MOST_KIT_BYTES:
        raise Malformed(
            gettext("file: give one of 1 byte to %(value)s GiB.")
            % {"value": MOST_KIT_BYTES // 2**30}
        )
    return StartingKit.objects.create(
        contest=contest,
        name=own,
        blob=what if isinstance(what, Blob) else None,
        commit=what if isinstance(what, Commit) else None,
        added_at=at,
    )


@transaction.atomic
def remove_kit(
    actor: User, *, contest: Contest, kit_id: uuid.UUID, at: datetime
) -> None:
    """Give a kit out no more.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        KitMissing: there is none of this id.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    kit = _kit(held, kit_id)
    kit.delete()
    record_act(actor, "remove_kit", held, at=at, sha256=kit.digest)


def kit_for(user: User, *, contest: Contest, kit_id: uuid.UUID) -> StartingKit:
    """Return a kit to those who may have it, as they may have the inputs.

    Raises:
        KitMissing: there is none of this id.
        NotJoined: the contest has rules, and `user` has not accepted them.
    """
    require_data(user, contest)
    return _kit(contest, kit_id)


def _free_name(contest: Contest, name: str, *, is_file: bool) -> str:
    """Return a kit's name as it is kept; of a file, without its folders."""
    own = name.replace("\\", "/")
    own = own.rpartition("/")[2] if is_file else own
    own = "".join(char for char in own if char.isprintable()).strip()
    if not 1 <= len(own) <= 200:
        raise Malformed(gettext("name: give 1 to 200 characters."))
    taken = set(contest.kits.values_list("name", flat=True))
    if own in taken:
        raise KitNameTaken(
            gettext("There is a starting kit called “%(own)s” already.") % {"own": own}
        )
    if len(taken) >= MOST_KITS:
        raise Malformed(
            gettext("kits: at most %(most_kits)s.") % {"most_kits": MOST_KITS}
        )
    return own


def _kit(contest: Contest, kit_id: uuid.UUID) -> StartingKit:
    kit = kits_of(contest).filter(pk=kit_id).first()
    if kit is None:
        raise KitMissing(gettext("This contest has no such starting kit."))
    return kit
