"""What somebody fills in to have a model answer: by its signature, column by column."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from marketplace.kit.errors import Malformed
from training.serving.asking import (
    MOST_PICTURE_BYTES,
    MOST_TEXT,
    Asked,
    cell_of,
    picture_asked,
    rows_asked,
    span_of,
    texts_asked,
)
from training.signatures import Column, ColumnKind, Signature, Takes

NOT_KNOWN = ("", _("Not known"))


class AskForm(forms.Form):
    """One row, one text or one picture; the services read programs' many at once."""

    def __init__(self, *args: Any, signature: Signature, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.signature = signature
        match signature.takes:
            case Takes.ROW:
                for place, column in enumerate(signature.columns):
                    self.fields[f"column-{place}"] = _field(column)
            case Takes.TEXT:
                self.fields["text"] = forms.CharField(
                    label=_("Text"),
                    max_length=MOST_TEXT,
                    widget=forms.Textarea(attrs={"rows": 5}),
                )
            case Takes.IMAGE:
                self.fields["picture"] = forms.FileField(
                    label=_("Picture"),
                    help_text=gettext("PNG, JPEG or WebP of at most %(value)s MiB.")
                    % {"value": MOST_PICTURE_BYTES // 2**20},
                    widget=forms.FileInput(
                        attrs={"accept": "image/png,image/jpeg,image/webp"}
                    ),
                )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        for place, column in enumerate(self.signature.columns):
            name = f"column-{place}"
            try:
                cell_of(column, said.get(name))
            except Malformed as fault:
                self.add_error(name, str(fault).partition(": ")[2].capitalize())
        return said

    def judged(self, signature: Signature) -> Asked:
        """Read what was said by the model's signature, for `ask`."""
        said = self.cleaned_data
        match signature.takes:
            case Takes.ROW:
                row = {
                    column.name: said.get(f"column-{place}") or None
                    for place, column in enumerate(signature.columns)
                }
                shown = {name: value or "" for name, value in row.items()}
                asked = rows_asked(signature, [row])
            case Takes.TEXT:
                shown = {gettext_noop("Text"): said.get("text", "")}
                asked = texts_asked(signature, [said.get("text")])
            case Takes.IMAGE:
                picture = said.get("picture")
                shown = {gettext_noop("Picture"): picture.name[:100] if picture else ""}
                content = picture.read(MOST_PICTURE_BYTES + 1) if picture else b""
                asked = picture_asked(signature, content)
        return Asked(asked.content, asked.count, asked.notes, shown)


def said_before(signature: Signature, shown: dict[str, str]) -> dict[str, str]:
    """Return what an earlier form said, as the beginning of the next."""
    if signature.takes is Takes.TEXT:
        return {"text": shown.get(gettext_noop("Text"), "")}
    return {
        f"column-{place}": shown.get(column.name, "")
        for place, column in enumerate(signature.columns)
    }


def examples(signature: Signature) -> dict[str, str]:
    """Return a usual row, so that a form can be sent as it comes."""
    return {
        f"column-{place}": column.example
        for place, column in enumerate(signature.columns)
    }


def _field(column: Column) -> forms.Field:
    span = span_of(column)
    about = (
        gettext("Nearly all that it learnt from lay between %(span)s.") % {"span": span}
        if span
        else ""
    )
    shared: dict[str, Any] = {"label": column.name, "required": False}
    if column.kind is ColumnKind.CATEGORY:
        choices = [NOT_KNOWN, *((one, one) for one in column.choices)]
        return forms.ChoiceField(choices=choices, **shared)
    kind = (
        {"type": "date"}
        if column.kind is ColumnKind.DATE
        else {"inputmode": "decimal", "autocomplete": "off"}
    )
    return forms.CharField(
        help_text=about, widget=forms.TextInput(attrs=kind), **shared
    )
