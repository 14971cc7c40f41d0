"""From nothing to a listing that somebody can have: steps that each work alone.

No step keeps anything of its own. What is done is read from the repository and its work,
so it can be left at any time, and whatever was done elsewhere counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from licensing.licence_facts import BY_ID
from licensing.lineage import weigh
from licensing.models import Offer, OfferState
from licensing.permissions import WRITING, may_act_for, parties_of, visible_offers
from licensing.queries import proposal_for
from licensing.queries import rights_of as rights_in
from licensing.services.offers import missing_consents
from licensing.terms import Outlet
from licensing.web.grids import rows_of
from licensing.web.offer_forms import KINDS
from marketplace.accounts.http import MemberRequest
from marketplace.catalog import services
from marketplace.catalog.cards import README
from marketplace.catalog.misuse import not_for
from marketplace.catalog.models import Kind, Readme, Visibility
from marketplace.catalog.permissions import CHANGE, MANAGE, require
from marketplace.catalog.queries import files_of, head_of, readme_of
from marketplace.catalog.queries.comparison import Choice, Compared, Unit, compare
from marketplace.catalog.web.forms import UploadForm
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.catalog.web.uploads import addresses
from marketplace.kit.web import refusals_told

SHOWN_FILES = 20
SHOWN_OFFERS = 20
COMPARED = 5
EXAMPLE_MINOR = 10_000
STEPS = {
    "files": _("Files"),
    "card": _("Card and licence"),
    "owners": _("Owners and shares"),
    "price": _("Price"),
    "review": _("Review"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it stands: `lacks` says what is missing, nothing if it is done."""

    name: str
    label: str
    url: str
    lacks: str
    is_on: bool

    @property
    def is_done(self) -> bool:
        return not self.lacks


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of a listing, read once for a page."""

    place: Place
    readme: Readme
    file_count: int
    offers: list[Offer]
    has_proposal: bool

    @property
    def card(self) -> str:
        return self.readme.body

    @property
    def live(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.state == OfferState.LIVE]

    @property
    def waiting(self) -> list[Offer]:
        return [offer for offer in self.offers if offer.state == OfferState.DRAFT]

    def lacks(self, step: str) -> str:
        """Return what a step still lacks, as a sentence; nothing if it is done."""
        work = self.place.repository.work
        said = {
            "files": ""
            if self.file_count
            else gettext("There are no files besides the card."),
            "card": "" if self.card.strip() else gettext("There is no card."),
            "owners": gettext("The shares wait for somebody to agree.")
            if self.has_proposal
            else "",
            "price": ""
            if self.live or (work.licence_id and not self.waiting)
            else gettext("An offer waits for somebody to agree.")
            if self.waiting
            else gettext(
                "There is neither a licence nor an offer, so nobody may have it."
            ),
            "review": ""
            if self.place.repository.is_public
            else gettext("It is private."),
        }
        return said[step]

    def steps(self, on: str) -> list[Step]:
        return [
            Step(
                name,
                str(label),
                step_url(self.place, name),
                self.lacks(name),
                name == on,
            )
            for name, label in STEPS.items()
        ]


def step_url(place: Place, name: str) -> str:
    """Return the address of a step; the review is that of publishing itself."""
    return place.url("publish") if name == "review" else place.url("publish-step", name)


def _standing(request: MemberRequest, place: Place) -> Standing:
    repository = place.repository
    offers = visible_offers(request.user).filter(work=repository.work)
    kept = offers.exclude(state=OfferState.WITHDRAWN)
    readme = readme_of(repository)
    return Standing(
        place=place,
        readme=readme,
        file_count=max(0, repository.file_count - bool(readme.body)),
        offers=list(
            kept.select_related("terms__licence", "price").order_by("drafted_at")[
                :SHOWN_OFFERS
            ]
        ),
        has_proposal=proposal_for(repository.work) is not None,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def publish(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    """Show what there is and what is missing; by POST, show it to everyone."""
    place = _place(request, kind, namespace, name)
    if request.method == "POST":
        require(request.user, MANAGE, place.repository)
        there = place.url("publish")
        with refusals_told(request):
            services.set_visibility(
                request.user,
                repository=place.repository,
                visibility=Visibility.PUBLIC,
                changed_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("%(repository)s is published.")
                % {"repository": place.repository},
            )
            there = place.url("detail")
        return redirect(there)
    return _page(request, place, "review")


@require_safe
@login_required
def publish_step(
    request: MemberRequest, kind: Kind, namespace: str, name: str, step: str
) -> HttpResponse:
    if step not in STEPS:
        raise Http404(gettext("There is no such step."))
    return _page(request, _place(request, kind, namespace, name), step)


def _place(request: MemberRequest, kind: Kind, namespace: str, name: str) -> Place:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    require(request.user, CHANGE, place.repository)
    services.require_open(place.repository)
    return place


def _page(request: MemberRequest, place: Place, step: str) -> HttpResponse:
    standing = _standing(request, place)
    names = list(STEPS)
    after = names[min(names.index(step) + 1, len(names) - 1)]
    context = context_of(
        place,
        tab="Publish",
        standing=standing,
        steps=standing.steps(step),
        step=step,
        next_step_url=step_url(place, after),
        next_step=STEPS[after],
        work=place.repository.work,
        acts=may_act_for(request.user, place.repository.work.owner),
        **BUILDERS[step](request, place, standing),
    )
    return render(request, f"catalog/publish_{step}.html", context)


def _files(request: MemberRequest, place: Place, standing: Standing) -> dict[str, Any]:
    del request, standing
    here = step_url(place, "card")
    found = files_of(place.repository) if head_of(place.repository) else None
    back = urlencode({"next": here})
    return {
        "entries": list(found.order_by("folder", "name")[:SHOWN_FILES])
        if found
        else [],
        "form": UploadForm(),
        "sending": addresses(place, here),
        "upload_url": f"{place.url('upload')}?{back}",
    }


def _card(request: MemberRequest, place: Place, standing: Standing) -> dict[str, Any]:
    work = place.repository.work
    licence_id = work.licence_id or ""
    facts = BY_ID.get(licence_id)
    mine = parties_of(request.user, roles=WRITING)
    verdict = weigh(work, out=Outlet(licence_id)).verdict if licence_id else None
    back = urlencode({"next": step_url(place, "card")})
    return {
        "writes": mine.filter(pk=work.owner_id).exists(),
        "grid": rows_of(work.licence_id),
        "licence_summary": gettext(facts.summary) if facts else "",
        "verdict": verdict,
        "reasons": verdict.told() if verdict else [],
        "lineage": rights_in(work, user=request.user),
        "not_for": not_for(standing.readme.card),
        "card_url": f"{place.url('edit', README)}?{back}",
        "licence_url": f"{reverse('licensing:licence', args=[work.pk])}?{back}",
        "source_url": f"{reverse('licensing:source-new', args=[work.pk])}?{back}",
    }


def _owners(request: MemberRequest, place: Place, standing: Standing) -> dict[str, Any]:
    del standing
    work = place.repository.work
    back = urlencode({"next": step_url(place, "owners")})
    return {
        "shares": rights_in(work, user=request.user).shares,
        "shares_url": f"{reverse('licensing:shares-new', args=[work.pk])}?{back}",
    }


def _price(request: MemberRequest, place: Place, standing: Standing) -> dict[str, Any]:
    del standing
    repository = place.repository
    new = reverse("licensing:offer-new", args=[repository.work.pk])
    here = step_url(place, "price")
    task = next(iter(repository.task_categories), "")
    asked = Compared(
        task=task,
        kind=Kind(repository.kind),
        currency=settings.STOA.currency,
        unit=Unit.WORK,
    )
    fee_minor = EXAMPLE_MINOR * settings.STOA.fee_bps // 10_000
    return {
        "ways": [
            (label, f"{new}?{urlencode({'kind': kind, 'next': here})}")
            for kind, (label, _) in KINDS.items()
        ],
        "task": task,
        "similar": _similar(request, place, asked) if task else [],
        "example": {
            "price": EXAMPLE_MINOR,
            "fee": fee_minor,
            "rest": EXAMPLE_MINOR - fee_minor,
        },
    }


def _similar(request: MemberRequest, place: Place, asked: Compared) -> list[Choice]:
    """Return what else there is for the task, the cheapest first."""
    found = compare(request.user, asked=asked, at=timezone.now()).page.rows
    own = place.repository.work_id
    return [each for each in found if each.facts["work_id"] != own][:COMPARED]


def _review(request: MemberRequest, place: Place, standing: Standing) -> dict[str, Any]:
    del request, place
    return {
        "asked": [(offer, missing_consents(offer)) for offer in standing.waiting],
        "missing": [
            step for step in standing.steps("review") if step.lacks and not step.is_on
        ],
    }


Builder = Callable[[MemberRequest, Place, Standing], dict[str, Any]]
BUILDERS: dict[str, Builder] = {
    "files": _files,
    "card": _card,
    "owners": _owners,
    "price": _price,
    "review": _review,
}
