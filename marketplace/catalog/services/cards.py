"""Lets a card speak for its repository and its work."""

from datetime import datetime

from django.core.exceptions import PermissionDenied

from licensing.services import DecisionNeeded, set_licence
from licensing.services.decisions import undecided
from licensing.services.licences import canonical_id, is_outside_spdx
from licensing.terms import Outlet
from marketplace.accounts.models import User
from marketplace.catalog.cards import CARD_BYTES, README, Card, parse_card
from marketplace.catalog.models import Readme, Repository
from marketplace.catalog.services.ancestry import record_sources, sources_to_record
from marketplace.catalog.services.gates import write_gate
from marketplace.catalog.services.listings import index_repository
from marketplace.catalog.services.repositories import CARD_COLUMNS, retitle_work
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob

EMPTY = (
    "The card says nothing to programs: begin it with front matter, between lines ---."
)
VAGUE = (
    "this word names no licence of the SPDX list, so the work keeps the licence it has "
    "here; without one, all rights are reserved."
)


def card_in(blob: Blob | None) -> Card:
    """Read what a README.md says; without one, nothing.

    Raises:
        BadCard: it cannot be read; the message names the line.
    """
    if blob is None:
        return Card()
    with open_blob(blob.pk) as file:
        return parse_card(file.read(CARD_BYTES + 1))


def check_card(data: bytes) -> tuple[Card, list[str]]:
    """Read a README.md as a commit of it would, before there is one.

    Returns:
        The card, and what its writer should know of it though it can be committed.

    Raises:
        BadCard, UnknownLicence: it cannot; the message names the line.
    """
    card = parse_card(data)
    where = f"{README} line {card.licence_line}, license"
    if is_outside_spdx(card.licence_id):
        return card, [f"{where}: {VAGUE}"]
    if card.licence_id:
        canonical_id(card.licence_id, field=where)
    return card, [] if card.data else [EMPTY]


def apply_card(
    actor: User, repository: Repository, card: Card, *, at: datetime
) -> None:
    """Let the card's front matter become the repository's columns and its licence.

    Words such as `other` say nothing of what is allowed: the work's licence stays.

    Raises:
        PermissionDenied: `actor` may not put the work under that licence, or say what it
            was made from.
        LicenceConflict: a source's licence forbids it; the message names the clause.
        DecisionNeeded: its sources leave it open; the message says where to decide.
    """
    repository.languages = list(card.languages)
    repository.tags = list(card.tags)
    repository.task_categories = list(card.task_categories)
    repository.modalities = list(card.modalities)
    repository.size_category = card.size_category
    repository.summary = card.summary or repository.summary
    if card.title and card.title != repository.title:
        repository.title = card.title
        retitle_work(actor, repository, at=at)
    repository.save(update_fields=CARD_COLUMNS)
    Readme.objects.update_or_create(
        repository=repository, defaults={"body": card.body, "card": card.data}
    )
    write_gate(repository, card.gate)
    if card.licence_id and not is_outside_spdx(card.licence_id):
        _apply_licence(actor, repository, card, at=at)
    record_sources(actor, repository, card, at=at)
    index_repository(repository)


def _apply_licence(
    actor: User, repository: Repository, card: Card, *, at: datetime
) -> None:
    work = repository.work
    where = f"{README} line {card.licence_line}, license"
    licence_id = canonical_id(card.licence_id, field=where)
    if licence_id == work.licence_id:
        return
    try:
        set_licence(actor, work=work, licence_id=licence_id, at=at)
    except PermissionDenied as refusal:
        raise PermissionDenied(
            f"{where}: only its owners may put this work under {licence_id}; it is "
            f"under {work.licence_id or 'no licence'}. Leave that line as it was."
        ) from refusal
    except DecisionNeeded as refusal:
        also = sources_to_record(actor, repository, card)
        out, reasons = Outlet(licence_id), refusal.extra["reasons"]
        assert isinstance(reasons, list)  # noqa: S101  for mypy
        asked = undecided(work, out=out, reasons=reasons, also=also)
        raise DecisionNeeded(f"{where}: {asked}", **asked.extra) from refusal
