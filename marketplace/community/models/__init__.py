"""The community's tables, by noun."""

from marketplace.community.models.collections import (
    Collection,
    CollectionItem,
    Theme,
)
from marketplace.community.models.discussions import (
    Discussion,
    Edit,
    Event,
    EventKind,
    Numbering,
    Status,
)
from marketplace.community.models.likes import Like
from marketplace.community.models.searches import Place, SavedSearch
from marketplace.community.models.threads import Post, Thread, Watch

__all__ = [
    "Collection",
    "CollectionItem",
    "Discussion",
    "Edit",
    "Event",
    "EventKind",
    "Like",
    "Numbering",
    "Place",
    "Post",
    "SavedSearch",
    "Status",
    "Theme",
    "Thread",
    "Watch",
]
