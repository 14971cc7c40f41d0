"""Data cards: owners say how a work, or one version of it, was obtained."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing.models import PersonalData, Procurement, Work
from licensing.permissions import require_writes_for
from licensing.questions import NoAnswer, checked
from licensing.services.ownership import REVISION
from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed


@transaction.atomic
def record_procurement(
    actor: User,
    *,
    work: Work,
    personal_data: str,
    answers: Mapping[str, object],
    recorded_at: datetime,
    revision: str = "",
) -> Procurement:
    """Write a data card anew; the former one is kept. The same again changes nothing.

    Args:
        actor: a writer of the work's owner.
        work: what was obtained.
        personal_data: one of `PersonalData`.
        answers: by key of `questions.QUESTIONS`; what is left out is not answered.
        recorded_at: when.
        revision: the commit of the version it is about; all of the work, if empty.

    Raises:
        PermissionDenied: `actor` may not write for the owner.
        Malformed: the message names the question.
    """
    require_writes_for(actor, work.owner)
    if personal_data not in PersonalData.values:
        choices = ", ".join(PersonalData.values)
        raise Malformed(
            gettext("personal_data: choose one of %(choices)s.") % {"choices": choices}
        )
    if revision and not REVISION.fullmatch(revision):
        raise Malformed(
            gettext("revision: give a commit's whole id, 40 or 64 digits of it.")
        )
    try:
        said = checked(answers)
    except NoAnswer as fault:
        raise Malformed(str(fault)) from fault
    _refuse_contradiction(personal_data, said)
    Work.objects.select_for_update(of=("self",)).get(pk=work.pk)
    of_it = Procurement.objects.filter(work=work, revision=revision)
    newest = of_it.order_by("-number").first()
    if newest and (newest.personal_data, newest.answers) == (personal_data, said):
        return newest
    procurement = Procurement.objects.create(
        work=work,
        revision=revision,
        number=newest.number + 1 if newest else 1,
        personal_data=personal_data,
        answers=said,
        recorded_by=actor,
        recorded_at=recorded_at,
    )
    record_act(
        actor,
        "record_procurement",
        work,
        at=recorded_at,
        number=procurement.number,
        revision=revision,
        personal_data=personal_data,
    )
    return procurement


def _refuse_contradiction(personal_data: str, said: Mapping[str, object]) -> None:
    kinds = said.get("personal_data_kinds")
    if personal_data == PersonalData.NONE and kinds:
        raise Malformed(
            gettext(
                "personal_data_kinds: you say that there are no personal data; choose none."
            )
        )
    if personal_data != PersonalData.SOME:
        return
    if not kinds:
        raise Malformed(
            gettext("personal_data_kinds: say which personal data are in it.")
        )
    if not said.get("consent_basis"):
        raise Malformed(
            gettext("consent_basis: say on what basis people's data are in it.")
        )
