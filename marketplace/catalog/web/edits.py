"""Editing in the browser: the card by its fields, and other small texts; by commits."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from marketplace.accounts.http import MemberRequest
from marketplace.catalog import previews, services
from marketplace.catalog.card_edits import CardFields, with_fields
from marketplace.catalog.cards import CARD_BYTES, README, Card, parse_card
from marketplace.catalog.downloads import release_file
from marketplace.catalog.front_matter import BadCard
from marketplace.catalog.git_ids import git_oid_of
from marketplace.catalog.models import Commit, Kind
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.paths import BadPath, checked_path, split
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import commit_at, entry_at, head_of, last_changes
from marketplace.catalog.services import AddFile, StaleParent
from marketplace.catalog.services.cards import check_card
from marketplace.catalog.web.edit_forms import (
    MOST_TEXT_BYTES,
    CardForm,
    NewFileForm,
    SavedForm,
    TextForm,
    refusals_of_card,
)
from marketplace.catalog.web.markdown import rendered
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.kit.web import led_back
from marketplace.storage.queries import open_blob
from marketplace.storage.services import store_bytes

TOO_LONG = format_lazy(
    _("It is longer than {value} KB, so it is not edited here."),
    value=MOST_TEXT_BYTES // 1024,
)
NO_TEXT = _("It is no text in UTF-8, so it is not edited here. Upload another instead.")


@dataclass(frozen=True, slots=True)
class Held:
    """A file as somebody begins to edit it; `fault` says why they cannot."""

    path: str
    data: bytes = b""
    fault: str = ""
    revision: str = MAIN

    @property
    def text(self) -> str:
        return self.data.decode().replace("\r\n", "\n")

    def rewritten(self, text: str) -> bytes:
        """Return other text in the line ends that the file has."""
        plain = text.replace("\r\n", "\n")
        return (plain.replace("\n", "\r\n") if b"\r\n" in self.data else plain).encode()


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(
    request: MemberRequest, kind: Kind, namespace: str, name: str, path: str
) -> HttpResponse:
    """Show a text to edit, that of a version by `?from=`; by POST, preview or commit it."""
    place = _changeable(request, kind, namespace, name)
    path = checked_path(path.strip("/"))
    held = _held(request, place, path)
    if held.fault:
        context = context_of(place, tab="Files", held=held, **_around(place, held))
        return render(request, "catalog/edit_text.html", context)
    act = _edit_card if path == README else _edit_text
    return act(request, place, held)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    """Ask for a new text and its path; by POST, commit it."""
    place = _changeable(request, kind, namespace, name)
    folder = request.GET.get("folder", "").strip("/")
    first = {"path": f"{folder}/" if folder else "", "parent": _head_oid(place)}
    form = NewFileForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        with refusals_of_card(form):
            path = _free_path(place, form.cleaned_data["path"])
            content = Held(path).rewritten(form.cleaned_data["content"])
            if _committed(request, place, path, content, form):
                return redirect(led_back(request, place.url("blob", MAIN, path)))
    context = context_of(place, tab="Files", form=form, folder=folder)
    return render(request, "catalog/edit_text.html", context)


def _changeable(request: MemberRequest, kind: Kind, namespace: str, name: str) -> Place:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    require(request.user, CHANGE, place.repository)
    services.require_open(place.repository)
    return place


def _head_oid(place: Place) -> str:
    head = head_of(place.repository)
    return head.oid if head else ""


def _held(request: MemberRequest, place: Place, path: str) -> Held:
    """Read a file; a card that is not there yet is an empty one."""
    revision = request.GET.get("from", "").replace("\0", "") or MAIN
    most = CARD_BYTES if path == README else MOST_TEXT_BYTES
    if path == README and revision == MAIN:
        data = card_of(place)
    else:
        found = release_file(
            request.user,
            repository=place.repository,
            revision=commit_at(place.repository, revision),
            path=path,
            at=timezone.now(),
            is_leaving=False,
        )
        with open_blob(found.content.pk) as file:
            data = file.read(most + 1)
    if len(data) > most:
        return Held(path, fault=str(TOO_LONG), revision=revision)
    try:
        is_text = "\0" not in data.decode()
    except UnicodeDecodeError:
        is_text = False
    fault = "" if is_text else str(NO_TEXT)
    return Held(path, data if is_text else b"", fault, revision)


def card_of(place: Place) -> bytes:
    """Return the README.md of now, for who may change it; nothing if there is none.

    One that is longer than a card may be is cut, one byte behind that.
    """
    found = entry_at(place.repository, path=README) if _head_oid(place) else None
    if found is None or not found.is_file:
        return b""
    with open_blob(found.content.pk) as file:
        return file.read(CARD_BYTES + 1)


def _edit_card(request: MemberRequest, place: Place, held: Held) -> HttpResponse:
    if request.GET.get("as") == "text":
        return _edit_text(request, place, held)
    is_model = place.repository.kind == Kind.MODEL
    back = led_back(request, place.url("detail"))
    try:
        card = parse_card(held.data)
    except BadCard as fault:
        messages.warning(
            request, gettext("%(fault)s Mend it here first.") % {"fault": fault}
        )
        return _edit_text(request, place, held)
    form = CardForm(
        request.POST or None,
        card=card,
        is_model=is_model,
        parent=_head_oid(place),
        suggests="suggest" in request.GET,
    )
    preview: dict[str, Any] = {"preview": rendered(card.body, place=place)}
    if request.method == "POST" and form.is_valid():
        with refusals_of_card(form):
            made = with_fields(
                held.data,
                form.fields_said(),
                body=form.cleaned_data["body"],
                is_model=is_model,
            )
            checked, warnings = check_card(made)
            if request.POST.get("act") == "preview":
                preview = {
                    "preview": rendered(checked.body, place=place),
                    "fields": CardFields.of(checked),
                    "warnings": warnings,
                }
            elif _committed(request, place, README, made, form):
                return redirect(back)
    context = context_of(
        place,
        tab="Card",
        form=form,
        back=back,
        **_around(place, held),
        **preview,
    )
    return _answer(request, context, "catalog/edit_card.html")


def _edit_text(request: MemberRequest, place: Place, held: Held) -> HttpResponse:
    first = {"content": held.text, "parent": _head_oid(place)}
    form = TextForm(request.POST or None, initial=first)
    preview: SafeString | None = None
    if request.method == "POST" and form.is_valid():
        with refusals_of_card(form):
            content = held.rewritten(form.cleaned_data["content"])
            if request.POST.get("act") == "preview":
                preview = _shown(place, held.path, content)
            elif _committed(request, place, held.path, content, form):
                url = place.url("blob", MAIN, held.path)
                return redirect(led_back(request, url))
    context = context_of(
        place,
        tab="Files",
        form=form,
        held=held,
        preview=preview,
        has_preview=previews.is_markdown(held.path),
        **_around(place, held),
    )
    return _answer(request, context, "catalog/edit_text.html")


def _shown(place: Place, path: str, content: bytes) -> SafeString:
    card = check_card(content)[0] if path == README else Card(body=content.decode())
    return rendered(card.body, place=place, folder=split(path)[0])


def _answer(request: MemberRequest, context: dict[str, Any], page: str) -> HttpResponse:
    """Render the page, or as much of it as a preview while somebody writes asks for."""
    is_fragment = bool(getattr(request, "htmx", False))
    return render(
        request, "catalog/_edit_preview.html" if is_fragment else page, context
    )


def _around(place: Place, held: Held) -> dict[str, str]:
    return {
        "path": held.path,
        "history_url": f"{place.url('commits', MAIN)}",
        "raw_url": place.url("blob", held.revision, held.path),
    }


def _free_path(place: Place, given: str) -> str:
    path = checked_path(given.strip("/ "))
    if _head_oid(place) and entry_at(place.repository, path=path) is not None:
        raise BadPath(
            gettext("path: “%(path)s” is there already. Open it and choose Edit.")
            % {"path": path}
        )
    return path


def _committed(
    request: MemberRequest, place: Place, path: str, content: bytes, form: SavedForm
) -> bool:
    """Commit one text, on top of the version it was begun from or beside its changes.

    Where somebody changed the same file meanwhile, the form says so and keeps what was
    written; saved again, it goes on top of theirs.
    """
    said = form.cleaned_data
    parent = said["parent"]
    now = timezone.now()
    addition = AddFile(path, store_bytes(content, stored_at=now), git_oid_of(content))
    for _again in range(2):
        try:
            commit = services.commit_files(
                request.user,
                repository=place.repository,
                changes=[addition],
                message=said["message"] or f"Edit {path}",
                committed_at=now,
                expected_parent=parent,
            )
        except StaleParent:
            if clash := _clash(place, path, since=parent):
                _show_clash(place, path, clash, form)
                return False
            parent = _head_oid(place)
        else:
            messages.success(
                request, gettext("Committed: %(title)s") % {"title": commit.title}
            )
            return True
    raise StaleParent(
        gettext("Others are committing just now. Save again in a moment.")
    )


def _clash(place: Place, path: str, *, since: str) -> Commit | None:
    """Return the newest version if the file is another there than it was."""
    head = head_of(place.repository)
    if head is None:
        return None
    before = commit_at(place.repository, since) if since else None
    old = entry_at(place.repository, revision=before, path=path) if before else None
    new = entry_at(place.repository, revision=head, path=path)
    is_same = (old and old.blob_id) == (new and new.blob_id)
    return None if is_same else head


def _show_clash(place: Place, path: str, head: Commit, form: SavedForm) -> None:
    entry = entry_at(place.repository, revision=head, path=path)
    is_there = entry is not None and entry.is_file
    by, theirs = head, ""
    if entry is not None and entry.is_file:
        by = last_changes(place.repository, [entry]).get(entry.pk, head)
        with open_blob(entry.content.pk) as file:
            theirs = file.read(CARD_BYTES).decode(errors="replace")
    act = "changed" if is_there else "taken away"
    form.overtaken_by(
        head.oid,
        theirs,
        gettext(
            "“%(path)s” was %(act)s while you wrote, by %(username)s: "
            "“%(by_title)s”. What you wrote is kept here. Take over what you need of "
            "theirs, shown below, then save again."
        )
        % {
            "path": path,
            "act": act,
            "username": by.author.username,
            "by_title": by.title,
        },
    )
