"""The page that pages of others show in a frame: a form of a model, and its answer.

It has no cookies, no scripts and no member: whoever is signed in elsewhere on this site is
nobody here, so a page around it can have nothing done in their name.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.queries import find_repository
from marketplace.kit.content_security import HEADER
from marketplace.kit.errors import DomainError
from marketplace.kit.limits import address_of
from marketplace.kit.web import refusals_on
from training.serving.models import Prediction, Way
from training.serving.queries import NotEmbeddable, embedded
from training.serving.services import ask_embedded
from training.serving.waiting import waited
from training.web import serving
from training.web.serving_forms import AskForm, examples

View = Callable[..., HttpResponse]


def in_frames(view: View) -> View:
    """Let any page show a view's answers, and nobody be known to it."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.user = AnonymousUser()
        response = view(request, *args, **kwargs)
        response.headers[HEADER] = settings.CONTENT_SECURITY_POLICY.replace(
            "frame-ancestors 'none'", "frame-ancestors *"
        )
        return response

    return xframe_options_exempt(csrf_exempt(answer))


@in_frames
@require_http_methods(["GET", "HEAD", "POST"])
def model_embed(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Show a form that the model answers, or why it does not."""
    model = _shown(namespace, name)
    now = timezone.now()
    try:
        _, called = embedded(model, at=now)
    except NotEmbeddable as closed:
        raise Http404(str(closed)) from closed
    except DomainError as refusal:
        context = {"repository": model, "refusal": str(refusal)}
        return render(request, "training/model_embed.html", context)
    is_asking = request.method == "POST"
    form = AskForm(
        request.POST if is_asking else None,
        request.FILES if is_asking else None,
        initial=examples(called.signature),
        signature=called.signature,
    )
    if form.is_valid():
        with refusals_on(form):
            prediction = ask_embedded(
                repository=model,
                judge=form.judged,
                address=address_of(request),
                asked_at=now,
            )
            waited(prediction, seconds=serving.PAGE_WAITS_SECONDS)
            return redirect("training:embed-answer", namespace, name, prediction.pk)
    context = {
        "repository": model,
        "signature": called.signature,
        "warning": serving.warned(called.signature),
        "form": form,
    }
    return render(request, "training/model_embed.html", context)


@in_frames
@require_safe
def embed_answer(
    request: HttpRequest, namespace: str, name: str, prediction_id: UUID
) -> HttpResponse:
    """Show what became of something that a visitor of another's page asked."""
    asked = Prediction.objects.filter(
        repository=_shown(namespace, name), way=Way.WIDGET
    ).select_related("run", "repository__namespace")
    prediction = get_object_or_404(asked, pk=prediction_id)
    context = serving.answer_context(prediction)
    return render(request, "training/model_embed.html", context)


def _shown(namespace: str, name: str) -> Repository:
    return find_repository(
        AnonymousUser(), kind=Kind.MODEL, namespace=namespace, name=name
    )
