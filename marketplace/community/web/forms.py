"""What people fill in about discussions and collections; services judge it."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.queries import writable_namespaces
from marketplace.catalog.models import Kind
from marketplace.catalog.web.forms import FilesField
from marketplace.community.models.discussions import TITLE_CHARACTERS
from marketplace.community.models.threads import WHY_CHARACTERS
from marketplace.community.services.collections import (
    TEXT_CHARACTERS,
)
from marketplace.community.services.collections import (
    TITLE_CHARACTERS as COLLECTION_TITLE_CHARACTERS,
)
from marketplace.kit.web import choose_from
from marketplace.kit.words import Words

MARKDOWN = _("Markdown: **bold**, `code`, lists, tables and links work.")


def _words(
    *, rows: int, label: Words, required: bool = True, help_text: Words = ""
) -> forms.CharField:
    return forms.CharField(
        widget=forms.Textarea(attrs={"rows": rows}),
        required=required,
        help_text=help_text,
        label=label,
    )


class NewDiscussionForm(forms.Form):
    title = forms.CharField(max_length=TITLE_CHARACTERS, label=_("Title"))
    text = _words(rows=8, help_text=MARKDOWN, label=_("Text"))


class NewThreadForm(forms.Form):
    title = forms.CharField(
        max_length=TITLE_CHARACTERS,
        help_text=_("What it is about, in a few words."),
        label=_("Title"),
    )
    text = _words(
        rows=8,
        help_text=format_lazy(
            _(
                "{markdown} Everyone who sees the contest can read it; do "
                "not give away hidden labels or other people's work."
            ),
            markdown=MARKDOWN,
        ),
        label=_("Text"),
    )


class PostForm(forms.Form):
    text = _words(rows=5, help_text=MARKDOWN, label=_("Your answer"))


class HideForm(forms.Form):
    why = forms.CharField(
        max_length=WHY_CHARACTERS,
        label=_("Why"),
        help_text=_("Stands in its place, for everyone to read."),
    )


class ProposeForm(forms.Form):
    title = forms.CharField(
        max_length=TITLE_CHARACTERS,
        help_text=_("What you would change, in a few words."),
        label=_("Title"),
    )
    text = _words(rows=4, required=False, help_text=MARKDOWN, label=_("Why"))
    chosen = FilesField(
        label=_("Files"),
        allow_empty_file=True,
        help_text=_("They take the place of files of the same name, if it is merged."),
    )
    folder = forms.CharField(
        required=False,
        max_length=900,
        help_text=_("Such as data/train; the top if left empty."),
        label=_("Folder"),
    )


class CommentForm(forms.Form):
    """What the reader says, and perhaps does along with it."""

    text = _words(rows=5, required=False, help_text=MARKDOWN, label=_("Your comment"))


class EditForm(forms.Form):
    text = _words(rows=8, help_text=MARKDOWN, label=_("Comment"))


class TitleForm(forms.Form):
    title = forms.CharField(max_length=TITLE_CHARACTERS, label=_("Title"))


class MergeForm(forms.Form):
    comment = _words(rows=3, required=False, label=_("Comment"))


class CollectionForm(forms.Form):
    title = forms.CharField(max_length=COLLECTION_TITLE_CHARACTERS, label=_("Title"))
    description = _words(rows=3, required=False, label=_("Description"))
    description.max_length = TEXT_CHARACTERS
    is_private = forms.BooleanField(
        required=False,
        label=_("Private"),
        help_text=_("Only you, or the organisation's members, see it."),
    )


class NewCollectionForm(CollectionForm):
    namespace = forms.ModelChoiceField(
        queryset=Namespace.objects.none(),
        to_field_name="name",
        empty_label=None,
        label=_("Owner"),
        help_text=_("You, or an organisation you write for."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "namespace", writable_namespaces(user).order_by("name"))


class NewItemForm(forms.Form):
    kind = forms.ChoiceField(choices=Kind.choices, label=_("Kind"))
    name = forms.CharField(
        max_length=200,
        label=_("Name"),
        help_text=_("Such as ada/birds, as in its address."),
    )
    note = forms.CharField(
        max_length=TEXT_CHARACTERS,
        required=False,
        help_text=_("Why it is in here."),
        label=_("Note"),
    )


class ItemForm(forms.Form):
    place = forms.IntegerField(min_value=1, max_value=10_000, label=_("Place"))
    note = forms.CharField(max_length=TEXT_CHARACTERS, required=False, label=_("Note"))
