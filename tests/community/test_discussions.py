"""Discussions: who may say what, what is kept of it, and in which order it is told."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from marketplace.catalog.models import Visibility
from marketplace.catalog.services import set_archived, set_visibility
from marketplace.community.models import Discussion, Edit, Event, Status
from marketplace.community.queries import (
    find_discussion,
    timeline_of,
)
from marketplace.community.services import (
    CommentHidden,
    DiscussionFull,
    NothingChanges,
    change_status,
    comment,
    edit_comment,
    hide_comment,
    rename_discussion,
)
from marketplace.community.services import comments as limits
from marketplace.community.services import discussions as opening
from marketplace.kit.errors import DomainError, Malformed
from tests.catalog.conftest import EVERYONE
from tests.community.talk import opened
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=1)
REFUSED = (Http404, PermissionDenied)
SEES = {"viewer", "editor", "reader", "writer", "owner"}
CHANGES = {"editor", "writer", "owner"}


def may(act) -> bool:
    try:
        act()
    except REFUSED:
        return False
    return True


@pytest.fixture
def public():
    return RepositoryFactory(public=True)


def test_a_discussion_begins_with_its_first_comment(public):
    author = UserFactory()

    made = opened(public, author=author)

    assert (made.number, made.status, made.is_pull_request) == (1, Status.OPEN, False)
    (first,) = timeline_of(made)
    assert (first.text, first.author) == ("Celsius?", author)
    assert Discussion.objects.get().comment_count == 1


def test_numbers_go_up_by_one_in_each_repository(public):
    other = RepositoryFactory(public=True)

    assert [opened(public).number for _ in range(3)] == [1, 2, 3]
    assert opened(other).number == 1


@pytest.mark.django_db(transaction=True)
def test_those_opened_at_once_get_each_a_number():
    repository = RepositoryFactory(public=True)

    made = run_at_once(*[lambda: opened(repository).number] * 6)

    assert sorted(made) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_open_and_comment_on_what_is_private(repository, people, who):
    made, user = opened(repository), people[who] or AnonymousUser()

    found = {
        "open": may(lambda: opened(repository, author=user)),
        "comment": may(
            lambda: comment(user, discussion=made, text="Kelvin.", commented_at=LATER)
        ),
    }

    assert found == dict.fromkeys(found, who in SEES)
    assert Discussion.objects.count() == 1 + (who in SEES)
    assert Event.objects.count() == 1 + 2 * (who in SEES)


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_rename_and_close_what_another_opened(repository, people, who):
    made = opened(repository, author=people["reader"])
    user, may_steer = people[who] or AnonymousUser(), who in CHANGES | {"reader"}

    found = {
        "rename": may(
            lambda: rename_discussion(
                user, discussion=made, title="Units", renamed_at=LATER
            )
        ),
        "close": may(
            lambda: change_status(
                user, discussion=made, status=Status.CLOSED, changed_at=LATER
            )
        ),
    }

    assert found == dict.fromkeys(found, may_steer)
    kept = Discussion.objects.get()
    expected = ("Units", "CLOSED") if may_steer else ("Which units?", "OPEN")
    assert (kept.title, kept.status) == expected


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_edit_and_hide_a_comment_of_another(repository, people, who):
    said = timeline_of(opened(repository, author=people["reader"]))[0]
    user = people[who] or AnonymousUser()

    edited = may(lambda: edit_comment(user, comment=said, text="K?", edited_at=LATER))
    hidden = may(lambda: hide_comment(user, comment=said, hidden_at=LATER))

    assert edited is (who == "reader")
    assert hidden is (who in CHANGES | {"reader"})
    kept = Event.objects.get()
    assert kept.text == ("" if hidden else "K?" if edited else "Celsius?")
    assert (kept.hidden_by == user) is hidden


@pytest.mark.parametrize("act", ["comment", "rename", "close", "edit", "hide"])
def test_who_cannot_see_it_any_more_does_nothing_even_to_what_they_wrote(public, act):
    author = UserFactory()
    made = opened(public, author=author)
    said = timeline_of(made)[0]
    set_visibility(
        public.created_by,
        repository=public,
        visibility=Visibility.PRIVATE,
        changed_at=LATER,
    )
    acts = {
        "comment": lambda: comment(
            author, discussion=made, text="x", commented_at=LATER
        ),
        "rename": lambda: rename_discussion(
            author, discussion=made, title="x", renamed_at=LATER
        ),
        "close": lambda: change_status(
            author, discussion=made, status=Status.CLOSED, changed_at=LATER
        ),
        "edit": lambda: edit_comment(author, comment=said, text="x", edited_at=LATER),
        "hide": lambda: hide_comment(author, comment=said, hidden_at=LATER),
    }

    with pytest.raises(Http404):
        acts[act]()

    assert Event.objects.get().text == "Celsius?"
    assert Discussion.objects.get().status == Status.OPEN


def test_what_is_archived_is_not_talked_about(public):
    made = opened(public)
    set_archived(public.created_by, repository=public, archived=True, at=LATER)

    for act in (
        lambda: opened(public),
        lambda: comment(
            public.created_by, discussion=made, text="x", commented_at=LATER
        ),
        lambda: change_status(
            public.created_by, discussion=made, status=Status.CLOSED, changed_at=LATER
        ),
    ):
        with pytest.raises(DomainError) as refusal:
            act()
        assert refusal.value.code == "repository_archived"

    assert Event.objects.count() == 1


@pytest.mark.parametrize("title", ["", "  ", "x" * 201, "a\nb", "a\0b", "\u202egnirts"])
def test_a_title_that_cannot_be_is_refused(public, title):
    with pytest.raises(Malformed, match=r"^title: "):
        opened(public, title=title)

    assert not Discussion.objects.exists()


@pytest.mark.parametrize("text", ["", " \n", "x" * 20_001, "a\0b"])
def test_words_that_cannot_be_kept_are_refused(public, text):
    with pytest.raises(Malformed, match=r"^comment: "):
        opened(public, text=text)

    assert not Discussion.objects.exists()


def test_a_number_that_was_refused_is_not_lost(public):
    with pytest.raises(Malformed):
        opened(public, text="")

    assert opened(public).number == 1


def test_all_that_happens_is_told_in_order(public):
    owner = public.created_by
    made = opened(public)
    comment(owner, discussion=made, text="Kelvin.", commented_at=LATER)
    at = LATER + timedelta(minutes=1)
    rename_discussion(owner, discussion=made, title="Units", renamed_at=at)
    change_status(
        owner,
        discussion=made,
        status=Status.CLOSED,
        comment="Kelvin it is.",
        changed_at=at + timedelta(minutes=1),
    )

    told = timeline_of(find_discussion(public, 1))

    kinds = [event.kind for event in told]
    assert kinds == ["COMMENT", "COMMENT", "TITLE", "COMMENT", "STATUS"]
    assert (told[2].old_title, told[2].new_title) == ("Which units?", "Units")
    assert Discussion.objects.get().comment_count == 3


def test_an_edit_keeps_what_was_said_before(public):
    said = timeline_of(opened(public))[0]

    edit_comment(public.created_by, comment=said, text="K?", edited_at=LATER)
    edit_comment(public.created_by, comment=said, text="K?", edited_at=LATER)

    kept = Event.objects.get()
    assert (kept.text, kept.edited_at) == ("K?", LATER)
    assert [edit.text for edit in kept.edits.all()] == ["Celsius?"]


def test_hiding_takes_all_words_away_for_good(public):
    said = timeline_of(opened(public))[0]
    edit_comment(public.created_by, comment=said, text="K?", edited_at=LATER)

    hide_comment(public.created_by, comment=said, hidden_at=LATER)

    assert Event.objects.get().text == ""
    assert not Edit.objects.exists()
    for act in (
        lambda: edit_comment(
            public.created_by, comment=said, text="again", edited_at=LATER
        ),
        lambda: hide_comment(public.created_by, comment=said, hidden_at=LATER),
    ):
        with pytest.raises(CommentHidden):
            act()


def test_what_changes_nothing_is_refused(public):
    made, owner = opened(public), public.created_by

    with pytest.raises(NothingChanges):
        change_status(owner, discussion=made, status=Status.OPEN, changed_at=LATER)
    with pytest.raises(NothingChanges):
        rename_discussion(
            owner, discussion=made, title=" Which units? ", renamed_at=LATER
        )
    for status in (Status.MERGED, Status.DRAFT, "WON"):
        with pytest.raises(Malformed):
            change_status(owner, discussion=made, status=status, changed_at=LATER)

    assert Event.objects.count() == 1


def test_a_discussion_can_be_full(public, monkeypatch):
    monkeypatch.setattr(limits, "MOST_EVENTS", 2)
    made = opened(public)
    comment(public.created_by, discussion=made, text="Two.", commented_at=LATER)

    with pytest.raises(DiscussionFull):
        comment(public.created_by, discussion=made, text="Three.", commented_at=LATER)
    with pytest.raises(DiscussionFull):
        change_status(
            public.created_by, discussion=made, status=Status.CLOSED, changed_at=LATER
        )

    assert Event.objects.count() == 2
    assert Discussion.objects.get().status == Status.OPEN


def test_a_stranger_has_only_so_many_open_in_one_repository(public, monkeypatch):
    monkeypatch.setattr(opening, "MOST_OPEN", 2)
    stranger = UserFactory()
    made = [opened(public, author=stranger) for _ in range(2)]
    for _ in range(3):
        opened(public)

    with pytest.raises(opening.TooManyOpen):
        opened(public, author=stranger)
    change_status(stranger, discussion=made[0], status=Status.CLOSED, changed_at=LATER)

    assert opened(public, author=stranger).number == 6


def test_there_is_an_end_to_the_words_of_a_discussion(public, monkeypatch):
    monkeypatch.setattr(limits, "MOST_CHARACTERS", 30)
    made, owner = opened(public), public.created_by
    said = comment(owner, discussion=made, text="x" * 10, commented_at=LATER)

    edit_comment(owner, comment=said, text="y" * 10, edited_at=LATER)
    for act in (
        lambda: edit_comment(owner, comment=said, text="z" * 10, edited_at=LATER),
        lambda: comment(owner, discussion=made, text="z" * 10, commented_at=LATER),
    ):
        with pytest.raises(DiscussionFull):
            act()

    assert Event.objects.get(pk=said.pk).text == "y" * 10
