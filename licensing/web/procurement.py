"""A work's data card: how it was obtained, read by people and filled in by its owners."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from licensing import queries, services
from licensing.models import PersonalData, Procurement
from licensing.permissions import WRITING, parties_of, require_writes_for
from licensing.queries.finding import find_work
from licensing.questions import (
    LONGEST_ANSWER,
    OBTAINED,
    QUESTIONS,
    RESPONSIBLE,
    Answer,
    Question,
    shown,
)
from marketplace.accounts.http import MemberRequest
from marketplace.kit.web import refusals_at_fields

LONGEST_REVISION = 64


class ProcurementForm(forms.Form):
    """The questions of a data card, none of which has to be answered but the first."""

    personal_data = forms.ChoiceField(
        choices=PersonalData.choices, label=_("Are there personal data in it")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in QUESTIONS.values():
            self.fields[question.key] = _field_for(question)

    def answers(self) -> dict[str, Any]:
        return {key: self.cleaned_data[key] for key in QUESTIONS}


def _field_for(question: Question) -> forms.Field:
    choices = [(value, _(label)) for value, label in question.choices]
    words: dict[str, Any] = {
        "label": _(question.label),
        "help_text": _(question.help) if question.help else "",
        "required": False,
    }
    match question.answer:
        case Answer.CHOICES:
            boxes = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(choices=choices, widget=boxes, **words)
        case Answer.CHOICE:
            return forms.ChoiceField(choices=[("", _("Choose")), *choices], **words)
        case Answer.LINK:
            return forms.URLField(max_length=500, assume_scheme="https", **words)
        case Answer.LINE:
            return forms.CharField(max_length=500, **words)
    long = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(max_length=LONGEST_ANSWER, widget=long, **words)


@require_safe
def data_card(request: HttpRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    card = queries.data_card_of(work, user=request.user, revision=_revision(request))
    writes = parties_of(request.user, roles=WRITING).filter(pk=work.owner_id).exists()
    said = card.procurement
    context = {
        "work": work,
        "card": said,
        "is_hidden": card.is_hidden,
        "writes": writes,
        "parts": [
            (gettext("How it was obtained"), _answered(said, OBTAINED)),
            (gettext("Responsible AI"), _answered(said, RESPONSIBLE)),
        ],
    }
    return render(request, "licensing/data_card.html", context)


def _answered(
    card: Procurement | None, questions: tuple[Question, ...]
) -> list[tuple[str, str, bool]]:
    """Return label, answer for people, and whether that is a link."""
    answers = card.answers if card else {}
    return [
        (
            gettext(each.label),
            shown(each.key, answers[each.key]),
            each.answer is Answer.LINK,
        )
        for each in questions
        if each.key in answers
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit_data_card(request: MemberRequest, work_id: UUID) -> HttpResponse:
    work = find_work(request.user, work_id)
    require_writes_for(request.user, work.owner)
    revision = _revision(request)
    card = queries.data_card_of(work, user=request.user, revision=revision).procurement
    initial = {"personal_data": card.personal_data, **card.answers} if card else {}
    form = ProcurementForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.record_procurement(
                request.user,
                work=work,
                personal_data=form.cleaned_data["personal_data"],
                answers=form.answers(),
                revision=revision,
                recorded_at=timezone.now(),
            )
            messages.success(request, gettext("The data card is written."))
            query = f"?version={revision}" if revision else ""
            return redirect(reverse("licensing:data-card", args=[work.pk]) + query)
    context = {"work": work, "form": form, "revision": revision}
    return render(request, "licensing/data_card_edit.html", context)


def _revision(request: HttpRequest) -> str:
    """Return the version asked for, as far as it can be one: text that can be stored."""
    given = request.GET.get("version", "")
    return given.replace("\0", "").strip().lower()[:LONGEST_REVISION]
