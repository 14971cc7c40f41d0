"""Pages of models that answer: try one, read an answer, see how often one was asked."""

import json
import shlex
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.catalog.models import Kind
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.web.places import Place, context_of, managed, place_for
from marketplace.kit.content_security import HEADER
from marketplace.kit.errors import DomainError
from marketplace.kit.web import refusals_on
from training.reports.queries import standing
from training.runs.models import RunStatus
from training.runs.queries import place_of
from training.serving.models import Embedding, Prediction, Way
from training.serving.permissions import visible_to
from training.serving.queries import Called, served_to, uses_of
from training.serving.services import allow_embedding, ask, end_embedding
from training.serving.telling import sentence_of, warning_of
from training.serving.waiting import waited
from training.signatures import (
    SIGNATURE,
    FileKind,
    Preparing,
    Signature,
    Takes,
)
from training.web.serving_forms import AskForm, examples, said_before

PAGE_WAITS_SECONDS = 3.0
SHOWN_CLASSES = 20


@require_http_methods(["GET", "HEAD", "POST"])
def model_try(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Show how a model is asked, and ask it."""
    place = place_for(request.user, kind=Kind.MODEL, namespace=namespace, name=name)
    if request.method == "POST" and not isinstance(request.user, User):
        return redirect_to_login(request.path)
    now = timezone.now()
    try:
        called = served_to(request.user, repository=place.repository, at=now)
    except DomainError as refusal:
        return _refused(request, place, refusal)
    form = _form(request, called.signature)
    if form.is_valid() and isinstance(request.user, User):
        with refusals_on(form):
            prediction = ask(
                request.user,
                repository=place.repository,
                judge=form.judged,
                way=Way.PAGE,
                asked_at=now,
            )
            waited(prediction, seconds=PAGE_WAITS_SECONDS)
            return redirect("training:prediction", prediction.pk)
    context = context_of(
        place,
        tab="Try it",
        called=called,
        signature=called.signature,
        warning=warned(called.signature),
        standing=standing(called.commit),
        form=form,
        here=_here(place, called),
        command=_command(
            called.signature,
            request.build_absolute_uri(f"/api/v1/models/{place.repository}/predict"),
        ),
    )
    answer = render(request, "training/model_try.html", context)
    if context["here"] is not None:  # WebAssembly, on this page alone
        answer.headers[HEADER] = settings.CONTENT_SECURITY_POLICY.replace(
            "script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"
        )
    return answer


@require_safe
@login_required
def prediction_detail(request: MemberRequest, prediction_id: UUID) -> HttpResponse:
    """Show what became of something that one asked."""
    own = visible_to(request.user).select_related("run", "repository__namespace")
    prediction = get_object_or_404(own, pk=prediction_id)
    return render(request, "training/prediction.html", answer_context(prediction))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def model_uses(request: MemberRequest, namespace: str, name: str) -> HttpResponse:
    """Show its owners how often a model answered, and let other pages show it."""
    if request.method == "POST":
        place = managed(request, Kind.MODEL, namespace, name)
        act = end_embedding if "end" in request.POST else allow_embedding
        act(request.user, repository=place.repository, at=timezone.now())
        messages.success(request, gettext("Done."))
        return redirect(request.path)
    place = place_for(request.user, kind=Kind.MODEL, namespace=namespace, name=name)
    require(request.user, CHANGE, place.repository)
    context = context_of(
        place,
        tab="Try it",
        uses=uses_of(place.repository, today=timezone.now().date()),
        is_embedded=Embedding.objects.filter(repository=place.repository).exists(),
        frame=_frame(request, place),
    )
    return render(request, "training/model_uses.html", context)


def _here(place: Place, called: Called) -> dict[str, str] | None:
    """Return what a browser needs to answer by itself; None if it cannot.

    Whoever is served may take the bytes too. What is paid by use is not run unseen, and
    nothing is prepared a second time as the studio prepares it.
    """
    file, picture = called.signature.file_of(FileKind.ONNX), called.signature.picture
    is_read = called.signature.takes is not Takes.TEXT and (
        picture is None or picture.preparing is Preparing.RESIZED
    )
    if file is None or not is_read or called.is_metered:
        return None
    paths = {
        "signature": SIGNATURE,
        "model": file.path,
        "calibration": called.signature.calibration,
    }
    version = called.commit.oid
    return {
        name: place.url("raw", version, path) for name, path in paths.items() if path
    }


def _frame(request: HttpRequest, place: Place) -> str:
    """Return what another page holds to show the model."""
    at = [place.repository.namespace.name, place.repository.name]
    url = request.build_absolute_uri(reverse("training:model-embed", args=at))
    return f'<iframe src="{url}" width="420" height="640" title="Try it"></iframe>'


def answer_context(prediction: Prediction) -> dict[str, Any]:
    """Return what the page of an answer shows."""
    run = prediction.run
    answers = [
        {
            **one,
            "sentence": sentence_of(one, target=prediction.target),
            "shares": _shares(_probabilities(one)),
            "is_amount": "interval" in one,
        }
        for one in prediction.told
    ]
    return {
        "section": "models",
        "prediction": prediction,
        "repository": prediction.repository,
        "run": run,
        "answer": answers[0] if answers else None,
        "place": place_of(run, now=timezone.now()),
        "has_failed": run.status == RunStatus.FAILED,
        "is_live": run.is_live,
        "poll_seconds": 1 if run.is_live else None,
    }


def _probabilities(answer: dict[str, Any]) -> dict[str, float]:
    judged = answer.get("judged")
    return answer.get("probabilities") or (
        {judged["flagged"]: judged["share"]} if judged else {}
    )


def _shares(probabilities: dict[str, float]) -> list[tuple[str, float, int]]:
    """Return classes with their shares, the likeliest first, and in percent."""
    ordered = sorted(probabilities.items(), key=lambda each: -each[1])
    return [(name, one, round(one * 100)) for name, one in ordered[:SHOWN_CLASSES]]


def warned(signature: Signature) -> str:
    """Return whom a model wrongs, if it judges people's words and wrongs somebody."""
    return "" if signature.policy is None else warning_of(signature.policy)


def _form(request: HttpRequest, signature: Signature) -> AskForm:
    if request.method == "POST":
        return AskForm(request.POST, request.FILES, signature=signature)
    initial = examples(signature)
    again = request.GET.get("again", "")
    if again and request.user.is_authenticated:
        try:
            before = visible_to(request.user).filter(pk=UUID(again)).first()
        except ValueError:
            before = None
        if before is not None:
            initial = said_before(signature, before.shown)
    return AskForm(initial=initial, signature=signature)


def _refused(request: HttpRequest, place: Place, refusal: DomainError) -> HttpResponse:
    context = context_of(
        place,
        tab="Try it",
        refusal=str(refusal),
        leads_to=getattr(refusal, "path", ""),
        is_unsigned=refusal.code == "not_served" and place.may_change,
        signature_name=SIGNATURE,
        example=EXAMPLE,
    )
    status = 200 if request.method != "POST" else refusal.status
    return render(request, "training/model_try.html", context, status=status)


def _command(signature: Signature, url: str) -> str:
    """Return what asks the model from a shell."""
    begin = f'curl -H "Authorization: Bearer $STOA_TOKEN" {url}'
    if signature.takes is Takes.IMAGE:
        return f"{begin} -F picture=@picture.png"
    row = {one.name: one.example or None for one in signature.columns}
    body = {"rows": [row]} if signature.takes is Takes.ROW else {"texts": ["A text."]}
    return f"{begin} --json {shlex.quote(json.dumps(body, ensure_ascii=False))}"


EXAMPLE = json.dumps(
    {
        "schema": "stoa.signature/1",
        "takes": "ROW",
        "target": "species",
        "classes": ["gull", "tern"],
        "columns": [{"name": "length", "kind": "NUMBER", "example": "10.5"}],
        "files": [{"path": "model.onnx", "kind": "ONNX"}],
    },
    indent=1,
)
