"""Addresses of the community's pages; those of repositories, for each kind."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from marketplace.catalog.models import Kind
from marketplace.community.web import (
    collections,
    discussions,
    likes,
    pull_requests,
    searches,
    threads,
)

ONE = "/discussions/<int:number>"
PAGES: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
    "likes": ("/likes", likes.likes),
    "discussions": ("/discussions", discussions.discussions),
    "discussion-new": ("/discussions/new", discussions.new),
    "propose": ("/discussions/propose", pull_requests.propose),
    "discussion": (ONE, discussions.discussion),
    "discussion-title": (f"{ONE}/title", discussions.title),
    "changes": (f"{ONE}/changes", pull_requests.changes),
    "merge": (f"{ONE}/merge", pull_requests.merge),
    "comment-edit": (f"{ONE}/comments/<uuid:comment>/edit", discussions.edit_comment),
    "comment-hide": (f"{ONE}/comments/<uuid:comment>/hide", discussions.hide_comment),
}
COLLECTION = "collections/<str:namespace>/<str:slug>"
SEARCH = "settings/searches/<uuid:search_id>"
THREADS = "contests/<slug:slug>/discussions"
THREAD = f"{THREADS}/<uuid:thread_id>"

app_name = "community"
urlpatterns: list[URLPattern] = [
    *(
        path(
            f"{kind.lower()}s/<str:namespace>/<str:name>{rest}",
            view,
            {"kind": kind},
            name=f"{kind.lower()}-{name}",
        )
        for kind in Kind
        for name, (rest, view) in PAGES.items()
    ),
    path("collections", collections.collections, name="collections"),
    path("collections/new", collections.new, name="collection-new"),
    path(COLLECTION, collections.collection, name="collection-detail"),
    path(f"{COLLECTION}/edit", collections.edit, name="collection-edit"),
    path(f"{COLLECTION}/delete", collections.delete, name="collection-delete"),
    path(f"{COLLECTION}/items", collections.add_item, name="collection-items"),
    path(f"{COLLECTION}/items/<uuid:item>", collections.item, name="collection-item"),
    path(
        f"{COLLECTION}/items/<uuid:item>/remove",
        collections.remove_item,
        name="collection-item-remove",
    ),
    path("settings/searches", searches.searches, name="searches"),
    path(SEARCH, searches.change, name="search-change"),
    path(f"{SEARCH}/delete", searches.delete, name="search-delete"),
    path(f"{SEARCH}/restore", searches.restore, name="search-restore"),
    path(THREADS, threads.threads, name="contest-threads"),
    path(f"{THREADS}/new", threads.new, name="contest-thread-new"),
    path(f"{THREADS}/watch", threads.watch_contest, name="contest-watch"),
    path(THREAD, threads.thread, name="contest-thread"),
    path(f"{THREAD}/watch", threads.watch_thread, name="thread-watch"),
    path(f"{THREAD}/steer", threads.steer, name="thread-steer"),
    path(f"{THREAD}/posts/<uuid:post_id>/edit", threads.edit_post, name="post-edit"),
    path(f"{THREAD}/posts/<uuid:post_id>/hide", threads.hide_post, name="post-hide"),
]
