"""Pages of imports: hand a bundle in, see how it stands and what became of each field."""

import uuid
from collections import Counter
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Namespace, User
from marketplace.accounts.queries import writable_namespaces
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.web import choose_from, refusals_at_fields
from marketplace.storage.delivery import blob_response
from marketplace.storage.services import store_stream
from training.contests import services
from training.contests.hosted_programs import import_of, imports_of
from training.contests.models import SLUG
from training.web.hosting import form_page, hosted
from training.web.http import HtmxMemberRequest
from training.web.submissions import POLL_SECONDS

NEWEST = Order(("created_at", "id"), descending=True)


class BundleForm(forms.Form):
    """A zip of another platform, and where it goes."""

    namespace = forms.ModelChoiceField(
        queryset=Namespace.objects.none(),
        help_text=_("Under whose name it is held."),
        label=_("Namespace"),
    )
    slug = forms.RegexField(
        SLUG,
        max_length=80,
        label=_("Address"),
        help_text=_("Small letters and hyphens."),
    )
    file = forms.FileField(
        label=_("Bundle"),
        help_text=_("The zip of Codabench, CodaLab or EvalAI, or one exported here."),
    )

    def __init__(self, *args: Any, host: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        namespaces = writable_namespaces(host).order_by("name")
        choose_from(self, "namespace", namespaces)
        self.fields["namespace"].initial = host.namespace


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def bundle_list(request: MemberRequest) -> HttpResponse:
    """List one's own imports, and take a new bundle."""
    form = BundleForm(request.POST or None, request.FILES or None, host=request.user)
    if form.is_valid():
        said = form.cleaned_data
        with refusals_at_fields(form):
            now = timezone.now()
            most = min(services.MOST_BUNDLE_BYTES, settings.STOA.max_upload_bytes)
            taken = services.take_bundle(
                request.user,
                namespace=said["namespace"],
                slug=said["slug"],
                blob=store_stream(said["file"], stored_at=now, limit_bytes=most),
                filename=said["file"].name,
                at=now,
            )
            return redirect("training:import-detail", taken.pk)
    page = page_of(
        imports_of(request.user), order=NEWEST, cursor=request.GET.get("cursor", "")
    )
    context = {
        "section": "contests",
        "form": form,
        "imports": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "training/import_list.html", context)


class ExportForm(forms.Form):
    """What goes into an exported bundle beside words, inputs and programs."""

    with_truth = forms.BooleanField(
        required=False,
        label=_("With the labels"),
        help_text=_(
            "Whoever has the bundle then knows them. Without them the bundle "
            "cannot be imported again."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def bundle_export(request: MemberRequest, slug: str) -> HttpResponse:
    """Ask a host whether labels go along, and give the bundle out."""
    contest = hosted(request, slug)
    form = ExportForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return form_page(
            request,
            contest,
            ExportForm(),
            gettext("Export the contest"),
            gettext("Export"),
        )
    now = timezone.now()
    with services.export_contest(
        request.user,
        contest=contest,
        with_truth=form.cleaned_data["with_truth"],
        at=now,
    ) as bundle:
        blob = store_stream(
            bundle, stored_at=now, limit_bytes=services.MOST_BUNDLE_BYTES
        )
    return blob_response(
        request,
        blob=blob,
        filename=f"{contest.slug}.zip",
        content_type="application/zip",
        now=now,
    )


@require_safe
@login_required
def bundle_detail(request: HtmxMemberRequest, import_id: uuid.UUID) -> HttpResponse:
    """Show how an import stands; htmx asks for the part that changes."""
    found = import_of(request.user, import_id)
    context = {
        "section": "contests",
        "found": found,
        "run": found.run,
        "fates": sorted(Counter(fate for _, fate, _ in found.report).items()),
        "contests": sorted(found.contests.all(), key=lambda each: each.starts_at),
        "poll_seconds": POLL_SECONDS if found.run.is_live else 0,
    }
    whole, part = "training/import_detail.html", "training/_import_state.html"
    return render(request, part if request.htmx else whole, context)
