"""Putting files in a repository, and taking one away, by commits."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from marketplace.accounts.http import MemberRequest
from marketplace.catalog import services
from marketplace.catalog.git_ids import GitHashing
from marketplace.catalog.models import Commit, Kind
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.paths import checked_path, split
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import file_at
from marketplace.catalog.services import AddFile, DeleteFile
from marketplace.catalog.web.forms import RemoveForm, UploadForm
from marketplace.catalog.web.places import Place, context_of, place_for
from marketplace.catalog.web.snippets import sending
from marketplace.kit.web import led_back, refusals_at_fields
from marketplace.storage.services import store_stream

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload(
    request: MemberRequest, kind: Kind, namespace: str, name: str
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    repository = place.repository
    require(request.user, CHANGE, repository)
    services.require_open(repository)
    is_posted = request.method == "POST"
    form = UploadForm(
        request.POST if is_posted else None,
        request.FILES if is_posted else None,
        initial={"folder": request.GET.get("folder", "")},
    )
    if is_posted and form.is_valid():
        with refusals_at_fields(form, path="folder"):
            commit = _committed(request, place, form)
            messages.success(
                request, gettext("Committed: %(title)s") % {"title": commit.title}
            )
            folder = form.cleaned_data["folder"].strip("/")
            return redirect(led_back(request, place.folder_url(MAIN, folder)))
    context = context_of(
        place,
        tab="Files",
        form=form,
        curl=sending(request, place),
        sending=addresses(place, led_back(request, "")),
    )
    return render(request, "catalog/upload.html", context)


def addresses(place: Place, next_url: str = "") -> dict[str, object]:
    """Return what the script of the page needs: where files go, and how much fits.

    The addresses are those of the Hub's protocol, which is another room: what sends files
    for programs sends them for pages.
    """
    repository = place.repository
    at = f"{repository.plural}/{repository}"
    prefix = "" if repository.kind == Kind.MODEL else "datasets/"
    return {
        "preupload": f"/api/{at}/preupload/{MAIN}",
        "batch": f"/{prefix}{repository}.git/info/lfs/objects/batch",
        "commit": f"/api/{at}/commit/{MAIN}",
        "tree": place.url("tree", MAIN),
        "next": next_url,
        "most-bytes": settings.STOA.max_upload_bytes,
        "room-bytes": services.room_left(repository.namespace),
    }


def _committed(request: MemberRequest, place: Place, form: UploadForm) -> Commit:
    said = form.cleaned_data
    folder = said["folder"].strip("/")
    paths = [f"{folder}/{file.name}".lstrip("/") for file in said["chosen"]]
    for path in paths:
        checked_path(path)
    services.require_room(
        place.repository.namespace,
        size_bytes=sum(file.size for file in said["chosen"]),
        at=timezone.now(),
    )
    return services.commit_files(
        request.user,
        repository=place.repository,
        changes=[
            addition_of(path, file)
            for path, file in zip(paths, said["chosen"], strict=True)
        ],
        message=said["message"],
        committed_at=timezone.now(),
    )


def addition_of(path: str, file: "UploadedFile[bytes]") -> AddFile:
    """Take in a file that somebody sent with a form, to be committed at a path."""
    file.seek(0)
    source = GitHashing(file, size_bytes=file.size or 0)
    blob = store_stream(
        source,  # type: ignore[arg-type]  # it reads, and that is all that is asked
        stored_at=timezone.now(),
        limit_bytes=settings.STOA.max_upload_bytes,
    )
    return AddFile(path, blob, source.oid)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def remove(
    request: MemberRequest, kind: Kind, namespace: str, name: str, path: str
) -> HttpResponse:
    place = place_for(request.user, kind=kind, namespace=namespace, name=name)
    require(request.user, CHANGE, place.repository)
    services.require_open(place.repository)
    entry = file_at(place.repository, path=path)
    form = RemoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.commit_files(
                request.user,
                repository=place.repository,
                changes=[DeleteFile(entry.path)],
                message=form.cleaned_data["message"],
                committed_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("“%(path)s” is gone; earlier versions keep it.")
                % {"path": entry.path},
            )
            return redirect(place.url("tree", MAIN))
    context = context_of(
        place,
        tab="Files",
        entry=entry,
        form=form,
        folder=split(entry.path)[0],
        back_url=place.url("blob", MAIN, entry.path),
    )
    return render(request, "catalog/file_remove.html", context)
