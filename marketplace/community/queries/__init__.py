"""What others ask of the community, by noun."""

from marketplace.community.queries.collections import (
    collections_for,
    find_collection,
    items_of,
)
from marketplace.community.queries.discussions import (
    discussions_of,
    find_comment,
    find_discussion,
    timeline_of,
)
from marketplace.community.queries.likes import (
    is_liked_by,
    likers_of,
    likes_of,
)
from marketplace.community.queries.searches import (
    deleted_of,
    find_search,
    searches_of,
)
from marketplace.community.queries.threads import (
    find_post,
    find_thread,
    is_watched_by,
    posts_of,
    threads_of,
    watchers_of,
)

__all__ = [
    "collections_for",
    "deleted_of",
    "discussions_of",
    "find_collection",
    "find_comment",
    "find_discussion",
    "find_post",
    "find_search",
    "find_thread",
    "is_liked_by",
    "is_watched_by",
    "items_of",
    "likers_of",
    "likes_of",
    "posts_of",
    "searches_of",
    "threads_of",
    "timeline_of",
    "watchers_of",
]
