"""What people say, for staff to look at; what they may do is services, as for anyone."""

from django.contrib import admin

from marketplace.community.models import Collection, Discussion, Event, Post, Thread
from marketplace.kit.admin import ReadOnlyAdmin


@admin.register(Discussion)
class DiscussionAdmin(ReadOnlyAdmin):
    list_display = ("title", "repository", "number", "status", "author", "opened_at")
    list_select_related = ("repository__namespace", "author")
    list_filter = ("status", "is_pull_request")
    search_fields = ("title", "author__username__iexact")
    ordering = ("-opened_at", "-pk")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "author", "discussion", "text")
    list_select_related = ("author", "discussion")
    list_filter = ("kind",)
    search_fields = ("author__username__iexact", "text")
    ordering = ("-at", "-pk")


@admin.register(Collection)
class CollectionAdmin(ReadOnlyAdmin):
    list_display = ("title", "namespace", "is_private", "created_by", "updated_at")
    list_select_related = ("namespace", "created_by")
    list_filter = ("is_private",)
    search_fields = ("title", "namespace__name__iexact")
    ordering = ("-updated_at", "-pk")


@admin.register(Thread)
class ThreadAdmin(ReadOnlyAdmin):
    list_display = ("title", "contest", "author", "opened_at", "is_pinned", "is_locked")
    list_select_related = ("contest", "author")
    list_filter = ("is_pinned", "is_locked")
    search_fields = ("title", "author__username__iexact")
    ordering = ("-opened_at", "-pk")


@admin.register(Post)
class PostAdmin(ReadOnlyAdmin):
    list_display = ("said_at", "author", "thread", "text", "hidden_why")
    list_select_related = ("author", "thread")
    search_fields = ("author__username__iexact", "text")
    ordering = ("-said_at", "-pk")
