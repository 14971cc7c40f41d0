"""Words that are to be accepted before a work is taken, and who accepted which."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from licensing import queries, services
from licensing.http import circumstances_of
from licensing.models import Acceptance, AcceptedBy, LicenceText, Work
from licensing.permissions import may_act_for, require_acts_for
from licensing.queries.finding import find_work
from licensing.web.forms import AcceptForm
from licensing.web.grids import rows_of
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.spreadsheets import as_file, csv_file, csv_rows
from marketplace.kit.web import refusals_on, refusals_told

NEWEST = Order(("accepted_at", "id"), descending=True)
CHUNK = 1000
HEAD = (
    *("user", "full_name", "for", "offer", "licence_sha256", "terms_sha256"),
    *("shown_at", "accepted_at", "method"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def work_terms(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """Show the text of a work's licence; by POST, accept it."""
    user = request.user
    if request.method == "POST" and not user.is_authenticated:
        return redirect_to_login(request.path)
    work = find_work(user, work_id)
    form = _accept_form(request, work)
    if form and isinstance(user, User) and form.is_valid():
        with refusals_on(form):
            services.accept_licence(
                user,
                work=work,
                shown_sha256=form.cleaned_data["licence_sha256"],
                accepted_at=timezone.now(),
                how=circumstances_of(
                    request,
                    method=AcceptedBy.PAGE,
                    shown_at=form.cleaned_data.get("shown_at"),
                ),
                holder=form.cleaned_data.get("holder"),
            )
            messages.success(request, gettext("The terms are accepted."))
            return redirect("licensing:work-detail", work.pk)
    context = {
        "work": work,
        "form": form,
        "grid": rows_of(work.licence_id),
        "is_accepted": queries.has_accepted_licence(user, work),
        "owns": may_act_for(user, work.owner),
    }
    return render(request, "licensing/work_terms.html", context)


def _accept_form(request: HttpRequest, work: Work) -> AcceptForm | None:
    """Return the form to accept a work's licence, if it is under one."""
    if work.licence is None:
        return None
    return AcceptForm(
        request.POST or None,
        user=request.user,
        licence_sha256=work.licence.text_id,
        shown_at=timezone.now(),
    )


@require_POST
@login_required
def ask(request: MemberRequest, work_id: UUID) -> HttpResponse:
    """Have everyone accept the licence before they take the work, or nobody any more."""
    work = find_work(request.user, work_id)
    with refusals_told(request):
        asks = request.POST.get("asks") == "1"
        work = services.ask_acceptance(
            request.user, work=work, asks=asks, changed_at=timezone.now()
        )
        said = gettext("Its licence is accepted before it is taken.")
        messages.success(
            request, said if work.asks_acceptance else gettext("Nobody is asked.")
        )
    return redirect("licensing:work-terms", work.pk)


@require_safe
@login_required
def acceptance_list(request: MemberRequest) -> HttpResponse:
    page = page_of(
        queries.acceptances_of(request.user),
        order=NEWEST,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"acceptances": page.rows, "next_url": next_url(request, page)}
    return render(request, "licensing/acceptance_list.html", context)


@require_safe
@login_required
def accepted_text(
    request: MemberRequest, acceptance_id: UUID, sha256: str
) -> HttpResponse:
    """Hand out words that one accepted oneself, exactly as they were."""
    rows = Acceptance.objects.filter(user=request.user)
    accepted = get_object_or_404(rows, pk=acceptance_id)
    if sha256 not in accepted.texts:
        raise Http404(gettext("These are not the words that were accepted."))
    text = LicenceText.objects.get(pk=sha256)
    return HttpResponse(
        text.body.encode(),
        content_type="text/plain; charset=utf-8",
        headers=as_file(f"{sha256}.txt"),
    )


@require_safe
@login_required
def work_acceptances_csv(
    request: MemberRequest, work_id: UUID
) -> StreamingHttpResponse:
    """Tell those who act for a work's owner who accepted which words, and when."""
    work = find_work(request.user, work_id)
    require_acts_for(request.user, work.owner)
    rows = queries.acceptances_for(work).order_by(*NEWEST.clauses())
    told = (_row(each) for each in rows.iterator(chunk_size=CHUNK))
    return csv_file(csv_rows(HEAD, told), name=f"{work.pk}-acceptances.csv")


def _row(accepted: Acceptance) -> Iterator[object]:
    offer = accepted.offer_version.offer.code if accepted.offer_version else None
    yield accepted.user.username
    yield accepted.user.full_name
    yield accepted.holder.name if accepted.holder else None
    yield offer
    yield accepted.licence_text_id
    yield accepted.terms_text_id
    yield accepted.shown_at.isoformat() if accepted.shown_at else None
    yield accepted.accepted_at.isoformat()
    yield accepted.method
