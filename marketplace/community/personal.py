"""What the community holds on people: what they said, liked and collected."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from marketplace.catalog.models import Listing, Repository
from marketplace.community.models import (
    Collection,
    CollectionItem,
    Discussion,
    Edit,
    Event,
    EventKind,
    Like,
    Post,
    SavedSearch,
    Thread,
    Watch,
)
from marketplace.kit.personal import (
    AtErasure,
    Erasing,
    Held,
    Lasts,
    Part,
    Person,
    PersonalData,
)


def _erase(person: Person, erasing: Erasing) -> int:
    """Take likes out of the counts, earlier wordings, and comments if that was chosen."""
    for like in Like.objects.filter(user=person).iterator(chunk_size=500):
        liked = {"likes__gt": 0}
        Repository.objects.filter(pk=like.repository_id, **liked).update(
            likes=F("likes") - 1
        )
        Listing.objects.filter(pk=like.repository_id, **liked).update(
            likes=F("likes") - 1
        )
    Edit.objects.filter(comment__author=person).delete()
    Collection.objects.filter(namespace__user=person).delete()
    if erasing.removes_words:
        said = Event.objects.filter(author=person, kind=EventKind.COMMENT)
        said.filter(hidden_at__isnull=True).update(
            text="", hidden_at=erasing.at, hidden_by=person
        )
        posted = Post.objects.filter(author=person, hidden_at__isnull=True)
        posted.update(text="", hidden_at=erasing.at, hidden_by=person)
    Watch.objects.filter(user=person).delete()
    return 0


COMMUNITY = PersonalData(
    room="community",
    held=(
        Held(
            what=_("What you said in discussions"),
            why=_(
                "Others answered it, and it explains how things came to be as they are."
            ),
            at_erasure=AtErasure.STAYS,
            note=_("You choose whether the words of your comments stay or go."),
            parts=(
                Part(Discussion, ("author", "title"), person="author"),
                Part(
                    Event,
                    ("author", "text", "old_title", "new_title"),
                    person="author",
                ),
                Part(
                    Event,
                    ("hidden_by",),
                    person="hidden_by",
                    shown=("pk", "hidden_at"),
                ),
                Part(Thread, ("author", "title"), person="author"),
                Part(Post, ("author", "text", "hidden_why"), person="author"),
                Part(
                    Post,
                    ("hidden_by",),
                    person="hidden_by",
                    shown=("pk", "hidden_at", "hidden_why"),
                ),
            ),
        ),
        Held(
            what=_("Discussions of contests that you watch"),
            why=_("So that you are told of answers."),
            at_erasure=AtErasure.GOES,
            parts=(Part(Watch, ("user",), person="user"),),
        ),
        Held(
            what=_("What your comments said before you edited them"),
            why=_("So that others can see what was changed."),
            at_erasure=AtErasure.GOES,
            parts=(Part(Edit, ("text",), person="comment__author"),),
        ),
        Held(
            what=_("What you like, and the collections under your name"),
            why=_("To show them to you and to others."),
            at_erasure=AtErasure.GOES,
            note=_("Collections you made for an organisation stay there."),
            parts=(
                Part(Like, ("user",), person="user"),
                Part(
                    Collection,
                    ("title", "description"),
                    person="namespace__user",
                ),
                Part(CollectionItem, ("note",), person="collection__namespace__user"),
            ),
        ),
        Held(
            what=_("Searches you saved"),
            why=_(
                "So that you can run them again, and are told of what is new in them."
            ),
            at_erasure=AtErasure.GOES,
            parts=(Part(SavedSearch, ("user", "name", "query"), person="user"),),
            lasts=(
                Lasts(
                    SavedSearch,
                    "deleted_at",
                    30,
                    _("you deleted it"),
                    of=_("deleted ones"),
                ),
            ),
        ),
        Held(
            what=_("Collections you made for an organisation"),
            why=_("They are the organisation’s."),
            at_erasure=AtErasure.STAYS,
            parts=(Part(Collection, ("created_by",), person="created_by"),),
        ),
    ),
    erase=_erase,
)
