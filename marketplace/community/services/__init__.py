"""The acts of the community, by noun."""

from marketplace.community.services.collections import (
    AlreadyCollected,
    CollectionTaken,
    add_item,
    change_collection,
    change_item,
    create_collection,
    delete_collection,
    remove_item,
)
from marketplace.community.services.comments import (
    CommentHidden,
    DiscussionFull,
    comment,
    edit_comment,
    hide_comment,
)
from marketplace.community.services.discussions import (
    NothingChanges,
    change_status,
    open_discussion,
    rename_discussion,
)
from marketplace.community.services.likes import like, unlike
from marketplace.community.services.posts import (
    PostHidden,
    ThreadFull,
    ThreadLocked,
    TooMuchSaid,
    edit_post,
    hide_post,
    open_thread,
    reply,
)
from marketplace.community.services.pull_requests import (
    NotMergeable,
    merge_pull_request,
    open_pull_request,
)
from marketplace.community.services.searches import (
    SearchNameTaken,
    TooManySearches,
    change_search,
    delete_search,
    restore_search,
    save_search,
    tell_of_searches,
)
from marketplace.community.services.threads import (
    steer_thread,
    unwatch,
    watch,
)

__all__ = [
    "AlreadyCollected",
    "CollectionTaken",
    "CommentHidden",
    "DiscussionFull",
    "NotMergeable",
    "NothingChanges",
    "PostHidden",
    "SearchNameTaken",
    "ThreadFull",
    "ThreadLocked",
    "TooManySearches",
    "TooMuchSaid",
    "add_item",
    "change_collection",
    "change_item",
    "change_search",
    "change_status",
    "comment",
    "create_collection",
    "delete_collection",
    "delete_search",
    "edit_comment",
    "edit_post",
    "hide_comment",
    "hide_post",
    "like",
    "merge_pull_request",
    "open_discussion",
    "open_pull_request",
    "open_thread",
    "remove_item",
    "rename_discussion",
    "reply",
    "restore_search",
    "save_search",
    "steer_thread",
    "tell_of_searches",
    "unlike",
    "unwatch",
    "watch",
]
