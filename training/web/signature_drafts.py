"""The page on which owners say how a model that they brought is called, and try that."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from marketplace.accounts.http import MemberRequest
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import find_repository
from marketplace.catalog.web.places import context_of, place_for
from marketplace.kit.web import refusals_at_fields, refusals_on
from training.runs.models import RunStatus
from training.runs.queries import place_of
from training.serving.drafts import Draft, described_in
from training.serving.models import SignatureDraft, Way
from training.serving.queries import draft_of, files_that_answer, worded
from training.serving.services import (
    ask_draft,
    calibrate_draft,
    commit_signature,
    propose_signature,
    word_signature,
)
from training.serving.waiting import waited
from training.signatures import SIGNATURE, Takes
from training.web import serving
from training.web.serving_forms import AskForm, examples
from training.web.signature_forms import CalibrateForm, FileForm, SignatureForm

POLL_SECONDS = 1
READ, KEEP, COMMIT, ASK, CALIBRATE = "read", "keep", "commit", "ask", "calibrate"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def model_signature(request: MemberRequest, namespace: str, name: str) -> HttpResponse:
    """Have a file read, word what is proposed, try that, and commit it."""
    place = place_for(request.user, kind=Kind.MODEL, namespace=namespace, name=name)
    model = place.repository
    require(request.user, CHANGE, model)
    draft = draft_of(model)
    act = request.POST.get("act", "")
    files = files_that_answer(model)
    choosing = FileForm(
        request.POST if act == READ else None,
        files=files,
        initial={"path": draft.path if draft else ""},
    )
    proposed = Draft(None) if draft is None else worded(draft)
    wording = _wording(request, act, draft, proposed)
    asking = _asking(request, act, proposed)
    knowing = _knowing(request, act, proposed)
    done = (
        _read(request, model, choosing)
        or _worded(request, model, wording, act)
        or _asked(request, model, asking)
        or _calibrated(request, model, knowing)
    )
    if done is not None:
        return done
    run = None if draft is None else draft.run
    is_live = run is not None and run.is_live
    context = context_of(
        place,
        tab="Try it",
        draft=draft,
        proposed=proposed,
        described=described_in(draft.described) if draft and draft.described else None,
        files=files,
        choosing=choosing,
        wording=wording,
        asking=asking,
        knowing=knowing,
        run=run,
        queued=None if run is None else place_of(run, now=timezone.now()),
        is_live=is_live,
        has_failed=run is not None and run.status == RunStatus.FAILED,
        poll_seconds=POLL_SECONDS if is_live else None,
        signature_name=SIGNATURE,
    )
    return render(request, "training/model_signature.html", context)


def _wording(
    request: MemberRequest, act: str, draft: SignatureDraft | None, proposed: Draft
) -> SignatureForm | None:
    if draft is None or draft.described is None or proposed.signature is None:
        return None
    return SignatureForm(
        request.POST if act in {KEEP, COMMIT} else None,
        base=proposed.signature,
        described=described_in(draft.described),
    )


def _asking(request: MemberRequest, act: str, proposed: Draft) -> AskForm | None:
    if proposed.signature is None:
        return None
    if act == ASK:
        return AskForm(request.POST, request.FILES, signature=proposed.signature)
    return AskForm(initial=examples(proposed.signature), signature=proposed.signature)


def _knowing(request: MemberRequest, act: str, proposed: Draft) -> CalibrateForm | None:
    """Return the form of what is known; pictures of no class have none."""
    signature = proposed.signature
    if signature is None or (signature.takes is Takes.IMAGE and not signature.classes):
        return None
    return CalibrateForm(
        request.POST if act == CALIBRATE else None,
        takes=signature.takes,
        initial={"column": signature.target},
    )


def _calibrated(
    request: MemberRequest, model: Repository, form: CalibrateForm | None
) -> HttpResponse | None:
    if form is not None and form.is_valid() and (known := _dataset(request, form)):
        with refusals_at_fields(form):
            calibrate_draft(
                request.user,
                repository=model,
                dataset=known,
                path=form.cleaned_data["table_path"].strip(),
                columns=form.columns,
                asked_at=timezone.now(),
            )
            return redirect(request.path)
    return None


def _dataset(request: MemberRequest, form: CalibrateForm) -> Repository | None:
    """Return the dataset that was named; say so if they may see none of that name."""
    namespace, _, name = form.cleaned_data["dataset"].partition("/")
    try:
        return find_repository(
            request.user, kind=Kind.DATASET, namespace=namespace, name=name
        )
    except Http404:
        form.add_error("dataset", gettext("There is no such dataset that you may see."))
        return None


def _read(
    request: MemberRequest, model: Repository, form: FileForm
) -> HttpResponse | None:
    if form.is_valid():
        with refusals_on(form):
            propose_signature(
                request.user,
                repository=model,
                path=form.cleaned_data["path"],
                asked_at=timezone.now(),
            )
            return redirect(request.path)
    return None


def _worded(
    request: MemberRequest, model: Repository, form: SignatureForm | None, act: str
) -> HttpResponse | None:
    """Keep what was worded, and commit it if that is wished."""
    done: HttpResponse | None = None
    if form is None or not form.is_valid():
        return done
    with refusals_on(form):
        word_signature(request.user, repository=model, signature=form.signature)
        if act == KEEP:
            messages.success(request, gettext("Kept. Try it by these words below."))
            done = redirect(f"{request.path}#try")
        else:
            commit_signature(request.user, repository=model, at=timezone.now())
            messages.success(
                request,
                gettext("%(signature)s is committed, so it can be tried here.")
                % {"signature": SIGNATURE},
            )
            done = redirect("training:model-try", model.namespace.name, model.name)
    return done


def _asked(
    request: MemberRequest, model: Repository, form: AskForm | None
) -> HttpResponse | None:
    if form is not None and form.is_valid():
        with refusals_on(form):
            prediction = ask_draft(
                request.user,
                repository=model,
                judge=form.judged,
                way=Way.PAGE,
                asked_at=timezone.now(),
            )
            waited(prediction, seconds=serving.PAGE_WAITS_SECONDS)
            return redirect("training:prediction", prediction.pk)
    return None
