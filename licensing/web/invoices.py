"""A buyer's invoices, the licences they hold, and to whom they are billed."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from licensing import queries, services
from licensing.http import find_paper
from licensing.models import Party
from licensing.papers.content import thawed
from licensing.papers.pdf import pdf_of
from licensing.papers.xml import xml_of
from licensing.web.billing_forms import BillingForm
from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.spreadsheets import as_file
from marketplace.kit.web import refusals_at_fields

NEWEST = Order(("issued_at", "id"), descending=True)
LATEST_GRANTS = Order(("granted_at", "id"), descending=True)


@require_safe
@login_required
def invoice_list(request: MemberRequest) -> HttpResponse:
    page = page_of(
        queries.invoices_of(request.user),
        order=NEWEST,
        cursor=request.GET.get("cursor", ""),
    )
    context = {"invoices": page.rows, "next_url": next_url(request, page)}
    return render(request, "licensing/invoice_list.html", context)


@require_safe
@login_required
def paper_pdf(request: MemberRequest, number: str) -> HttpResponse:
    paper = find_paper(request, number)
    return HttpResponse(
        pdf_of(thawed(paper.content), fonts=settings.STOA.invoice_fonts),
        content_type="application/pdf",
        headers=as_file(f"{paper.number}.pdf"),
    )


@require_safe
@login_required
def paper_xml(request: MemberRequest, number: str) -> HttpResponse:
    paper = find_paper(request, number)
    return HttpResponse(
        xml_of(thawed(paper.content)),
        content_type="application/xml",
        headers=as_file(f"{paper.number}.xml"),
    )


@require_safe
@login_required
def licences_held(request: MemberRequest) -> HttpResponse:
    page = page_of(
        queries.licences_held_by(request.user),
        order=LATEST_GRANTS,
        cursor=request.GET.get("cursor", ""),
    )
    now = timezone.now()
    held = [(each, queries.standing_of(each, at=now)) for each in page.rows]
    context = {"held": held, "next_url": next_url(request, page)}
    return render(request, "licensing/licences_held.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def billing(request: MemberRequest) -> HttpResponse:
    """Show to whom invoices are made out, for oneself or an organisation; change it."""
    parties = list(queries.billed_parties(request.user))
    if not any(each.user_id for each in parties):
        parties.insert(0, Party(user=request.user, name=request.user.username))
    said = request.GET.get("party", "")
    party = next((each for each in parties if str(each.pk) == said), None)
    if said and party is None:
        raise Http404(gettext("There is nobody of this id that you act for."))
    party = party or parties[0]
    form = BillingForm(request.POST or None, party=party)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            details = services.set_billing_details(
                request.user,
                party=None if party.user_id else party,
                **form.cleaned_data,
                at=timezone.now(),
            )
            party = details.party
            messages.success(
                request,
                gettext("Invoices for %(name)s say this from now on.")
                % {"name": party.name},
            )
            return redirect(f"{reverse('licensing:billing')}?party={party.pk}")
    context = {"form": form, "party": party, "parties": parties}
    return render(request, "licensing/billing.html", context)
