"""Recalls: a work is withdrawn or disputed, and whoever built on it or holds it is told.

What descends from a recalled work is flagged by being asked for (`queries.recalls`), so
an act here costs the same however much does. Who is told is written in one statement.
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext

from licensing.lineage import lock_lineage
from licensing.models import Recall, RecallKind, RecallVoice, Work
from licensing.permissions import AnyUser, may_act_for, require_acts_for
from marketplace.accounts.models import Role, User
from marketplace.accounts.permissions import require_staff
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

LONGEST_REASON = 5000
NOTIFY = """
    WITH RECURSIVE below (id) AS (
        SELECT %(work)s::uuid
        UNION
        SELECT derivation.work_id FROM licensing_derivation derivation
        JOIN below ON derivation.source_id = below.id
    ), concerned (party_id, work_id, holds) AS (
        SELECT work.owner_id, work.id, FALSE
        FROM below JOIN licensing_work work ON work.id = below.id
        UNION
        SELECT share.party_id, below.id, FALSE FROM below
        JOIN licensing_shareset share_set ON share_set.work_id = below.id
            AND share_set.active_from IS NOT NULL AND share_set.closed_at IS NULL
        JOIN licensing_share share ON share.share_set_id = share_set.id
        UNION
        SELECT holding.party_id, below.id, FALSE FROM below
        JOIN licensing_rightsholding holding ON holding.work_id = below.id
            AND holding.withdrawn_at IS NULL
        UNION
        SELECT entitlement.holder_id, below.id, TRUE FROM below
        JOIN licensing_offer offer ON offer.work_id = below.id
        JOIN licensing_entitlement entitlement ON entitlement.offer_id = offer.id
            AND entitlement.revoked_at IS NULL
            AND (entitlement.ends_at IS NULL OR entitlement.ends_at > %(at)s)
    ), person (user_id, work_id, holds) AS (
        SELECT party.user_id, work_id, holds
        FROM concerned JOIN licensing_party party ON party.id = party_id
        WHERE party.user_id IS NOT NULL
        UNION
        SELECT membership.user_id, work_id, holds
        FROM concerned JOIN licensing_party party ON party.id = party_id
        JOIN accounts_membership membership
            ON membership.organisation_id = party.organisation_id
            AND membership.role = ANY(%(acting)s)
    ), each_work (user_id, work_id, is_own) AS (
        SELECT user_id, work_id, bool_or(NOT holds) FROM person GROUP BY user_id, work_id
    )
    INSERT INTO licensing_recallnotice
        (id, recall_id, user_id, owns, holds, works, is_named)
    SELECT gen_random_uuid(), %(recall)s, user_id,
        count(*) FILTER (WHERE is_own), count(*) FILTER (WHERE NOT is_own),
        (array_agg(work_id ORDER BY work_id))[1:%(most)s],
        %(named)s OR bool_or(work_id = %(work)s)
    FROM each_work JOIN accounts_user account
        ON account.id = user_id AND account.is_active
    WHERE user_id <> %(actor)s
    GROUP BY user_id
"""
MOST_NAMED = 20  # works in one notice


class RecallStands(DomainError):
    code = "recall_stands"


class RecallClosed(DomainError):
    code = "recall_closed"


@transaction.atomic
def recall_work(
    actor: User, *, work: Work, kind: str, reason: str, recalled_at: datetime
) -> Recall:
    """Say that a work is withdrawn or disputed: all that was made of it is flagged.

    Owners of what descends from it, through all generations, and those who hold an order
    of it or of that, are told. What they hold stays theirs, and offers stay as they are.

    Args:
        actor: who acts for the owner; or of the staff, who only dispute.
        work: what is recalled.
        kind: one of `RecallKind`.
        reason: for everyone who may know of the work.
        recalled_at: now.

    Raises:
        PermissionDenied: `actor` is neither.
        Malformed: without a reason, or an unknown kind.
        RecallStands: it is recalled in this name already.

    Cost: the same number of statements however many works descend from it.
    """
    voice = voice_for(actor, work)
    if voice is None:
        raise PermissionDenied(
            f"Only an owner of {work.owner} or the operators may recall this."
        )
    if kind not in RecallKind.values:
        raise Malformed(
            gettext("kind: choose one of %(values)s.")
            % {"values": ", ".join(RecallKind.values)}
        )
    if kind == RecallKind.WITHDRAWN and voice != RecallVoice.OWNER:
        raise Malformed(gettext("kind: only its owner withdraws a work; dispute it."))
    return _recall(
        actor,
        Recall(
            work=work,
            kind=kind,
            voice=voice,
            reason=_told(reason),
            was_listed=work.is_listed,
            recalled_by=actor,
            recalled_at=recalled_at,
        ),
    )


def voice_for(actor: AnyUser, work: Work) -> RecallVoice | None:
    """Return in whose name somebody would recall a work; None, if they may not."""
    if may_act_for(actor, work.owner):
        return RecallVoice.OWNER
    is_operator = actor.is_authenticated and actor.is_staff
    return RecallVoice.OPERATOR if is_operator else None


@transaction.atomic
def recall_by_takedown(
    actor: User, *, work: Work, reason: str, recalled_at: datetime
) -> Recall:
    """Dispute a work that the operators take down. Call it while it is still listed.

    Called by the room that takes things down, as a part of its act.

    Raises:
        PermissionDenied: `actor` is not of the staff.
        RecallStands: it was taken down already.
    """
    require_staff(actor)
    return _recall(
        actor,
        Recall(
            work=work,
            kind=RecallKind.DISPUTED,
            voice=RecallVoice.TAKEDOWN,
            reason=_told(reason),
            was_listed=work.is_listed,
            recalled_by=actor,
            recalled_at=recalled_at,
        ),
    )


@transaction.atomic
def lift_recall(
    actor: User, *, recall: Recall, reason: str, lifted_at: datetime
) -> Recall:
    """Take a recall back; whoever was told of it is told of this. It stays as history.

    Raises:
        PermissionDenied: it was made in another's name.
        Malformed: without a reason.
        RecallClosed: it was lifted already, or ends with the takedown it came with.
    """
    if recall.voice == RecallVoice.OWNER:
        require_acts_for(actor, recall.work.owner)
    else:
        require_staff(actor)
    if recall.voice == RecallVoice.TAKEDOWN:
        raise RecallClosed(
            gettext("This recall ends when what was taken down is put back.")
        )
    return _lift(actor, recall, _told(reason), lifted_at)


@transaction.atomic
def lift_takedown(
    actor: User, *, work: Work, reason: str, lifted_at: datetime
) -> Recall | None:
    """Lift the recall that came with a takedown, as a part of putting the work back.

    Raises:
        PermissionDenied: `actor` is not of the staff.
    """
    require_staff(actor)
    recall = Recall.objects.filter(
        work=work, voice=RecallVoice.TAKEDOWN, lifted_at__isnull=True
    ).first()
    return _lift(actor, recall, _told(reason), lifted_at) if recall else None


def _recall(actor: User, recall: Recall) -> Recall:
    lock_lineage()
    try:
        with transaction.atomic():
            recall.save(force_insert=True)
    except IntegrityError as clash:
        raise RecallStands(
            gettext("This is recalled already; lift that first to say something else.")
        ) from clash
    with connection.cursor() as cursor:
        cursor.execute(
            NOTIFY,
            {
                "work": recall.work_id,
                "recall": recall.pk,
                "actor": actor.pk,
                "at": recall.recalled_at,
                "named": recall.was_listed,
                "acting": [str(Role.OWNER)],
                "most": MOST_NAMED,
            },
        )
        told = cursor.rowcount
    record_act(
        actor,
        "recall_work",
        recall.work,
        at=recall.recalled_at,
        recall=str(recall.pk),
        kind=str(recall.kind),
        voice=str(recall.voice),
        told=told,
    )
    return recall


def _lift(actor: User, recall: Recall, reason: str, at: datetime) -> Recall:
    standing = Recall.objects.filter(pk=recall.pk, lifted_at__isnull=True)
    if not standing.update(lifted_by=actor, lifted_at=at, lifting_reason=reason):
        raise RecallClosed(gettext("This recall was lifted already."))
    recall.refresh_from_db()
    record_act(actor, "lift_recall", recall.work, at=at, recall=str(recall.pk))
    return recall


def _told(reason: str) -> str:
    return checked_words(reason, field="reason", most=LONGEST_REASON)
