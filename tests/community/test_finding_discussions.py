"""Discussions found by number, listed, and told of in the audit trail."""

from datetime import timedelta

import pytest

from marketplace.community.models import Status
from marketplace.community.queries import (
    discussions_of,
    find_comment,
    find_discussion,
    timeline_of,
)
from marketplace.community.queries.discussions import (
    CommentNotFound,
    DiscussionNotFound,
)
from marketplace.community.services import (
    change_status,
    comment,
    edit_comment,
    hide_comment,
    rename_discussion,
)
from marketplace.kit.models import AuditRecord
from tests.community.talk import opened
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def public():
    return RepositoryFactory(public=True)


@pytest.mark.parametrize("number", [0, 2, 2**31, 10**30])
def test_a_number_that_nothing_has_is_not_found(public, number):
    opened(public)

    with pytest.raises(DiscussionNotFound):
        find_discussion(public, number)


@pytest.mark.parametrize("comment_id", ["", "x", "0" * 32, "'; --", "\0", "f" * 33])
def test_a_comment_that_is_not_there_is_not_found(public, comment_id):
    made = opened(public)

    with pytest.raises(CommentNotFound):
        find_comment(made, comment_id)


def test_a_comment_is_found_only_in_its_own_discussion(public):
    first, second = opened(public), opened(public)
    said = timeline_of(first)[0]

    assert find_comment(first, said.pk.hex) == said
    with pytest.raises(CommentNotFound):
        find_comment(second, said.pk.hex)


def test_lists_are_filtered_by_status_and_author(public):
    author = UserFactory()
    first, second = opened(public), opened(public, author=author)
    change_status(
        public.created_by, discussion=first, status=Status.CLOSED, changed_at=LATER
    )

    assert list(discussions_of(public, statuses=[Status.OPEN])) == [second]
    assert list(discussions_of(public, author=author.username.upper())) == [second]
    assert set(discussions_of(public, is_pull_request=False)) == {first, second}
    assert not discussions_of(public, is_pull_request=True).exists()
    assert not discussions_of(public, author="a\0").exists()


@pytest.mark.parametrize("many", [1, 20])
def test_lists_and_timelines_cost_the_same_for_one_and_for_many(
    public, django_assert_num_queries, many
):
    made = [opened(public, author=UserFactory()) for _ in range(many)]
    for _ in range(many):
        said = comment(
            UserFactory(), discussion=made[0], text="Yes.", commented_at=LATER
        )
        edit_comment(said.author, comment=said, text="No.", edited_at=LATER)

    with django_assert_num_queries(1):
        assert len([row.author.username for row in discussions_of(public)]) == many
    with django_assert_num_queries(2):
        told = timeline_of(made[0])
        assert [edit.text for each in told for edit in each.edits.all()] == (
            ["Yes."] * many
        )


def test_every_act_says_in_the_audit_trail_what_a_webhook_needs(public):
    owner = public.created_by
    made = opened(public)
    said = comment(owner, discussion=made, text="Kelvin.", commented_at=LATER)
    edit_comment(owner, comment=said, text="K.", edited_at=LATER)
    hide_comment(owner, comment=said, hidden_at=LATER)
    rename_discussion(owner, discussion=made, title="Units", renamed_at=LATER)
    change_status(owner, discussion=made, status=Status.CLOSED, changed_at=LATER)

    rows = AuditRecord.objects.filter(target_kind="community.discussion")
    told = {row.act: row.details for row in rows}

    assert set(told) == {
        "open_discussion",
        "comment_discussion",
        "edit_comment",
        "hide_comment",
        "rename_discussion",
        "change_status",
    }
    for details in told.values():
        assert details["repository"] == str(public)
        assert details["repository_id"] == str(public.pk)
        assert details["discussion"] == 1
    assert told["edit_comment"]["comment"] == said.pk.hex
    assert told["rename_discussion"]["title"] == "Units"
    assert told["change_status"]["status"] == "CLOSED"
    assert told["change_status"]["comment"] is None
