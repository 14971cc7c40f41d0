"""What happens becomes deliveries: once, of the right shape, to whom it concerns."""

from datetime import timedelta

import pytest
from django.db import transaction

from marketplace.catalog.models import Visibility
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import (
    create_branch,
    create_tag,
    delete_branch,
    delete_repository,
    delete_tag,
    set_archived,
    set_visibility,
    share,
    squash_branch,
    unshare,
)
from marketplace.community import services as community
from marketplace.kit.audit import record_act
from marketplace.kit.models import AuditRecord
from marketplace.webhooks import services
from marketplace.webhooks.models import Delivery
from marketplace.webhooks.services import Item
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.kit.at_once import run_at_once

pytestmark = pytest.mark.django_db
SITE = "https://stoa.example"
LATER = NOON + timedelta(minutes=1)


def announce():
    return services.announce_acts(base_url=SITE, now=LATER)


def told():
    """Return the payloads of what was announced, in the order of what happened."""
    while announce():
        pass
    order = dict(AuditRecord.objects.values_list("pk", "at"))
    deliveries = sorted(Delivery.objects.all(), key=lambda each: order[each.record])
    return [each.payload for each in deliveries]


@pytest.fixture
def quiet(make, maria, repository):
    """A webhook of maria's, with all that happened before told to nobody."""
    commit(repository, {"a.csv": "1"})
    while announce():
        pass
    return make(maria)


def test_a_commit_is_told_with_what_moved(quiet, repository):
    first = repository.refs.get(name="main").commit
    second = commit(repository, {"b.csv": "2"}, at=LATER)

    (payload,) = told()

    assert payload == {
        "event": {"action": "update", "scope": "repo.content"},
        "repo": {
            "type": "dataset",
            "name": "maria/river-levels",
            "id": str(repository.pk),
            "private": True,
            "owner": {"id": "maria"},
            "headSha": second.oid,
            "url": {
                "web": f"{SITE}/datasets/maria/river-levels",
                "api": f"{SITE}/api/datasets/maria/river-levels",
            },
        },
        "updatedRefs": [
            {"ref": "refs/heads/main", "oldSha": first.oid, "newSha": second.oid}
        ],
        "webhook": {"id": str(quiet.pk), "version": 3},
    }


def test_branches_and_tags_are_told_with_whole_names(quiet, maria, repository):
    head = repository.refs.get(name="main").commit
    said = {"repository": repository}
    ticks = (NOON + timedelta(seconds=each) for each in range(60, 99))
    create_branch(maria, **said, name="next", created_at=next(ticks))
    on_branch = commit(repository, {"c.csv": "3"}, ref="next", at=next(ticks))
    create_tag(maria, **said, name="v1", created_at=next(ticks))
    delete_tag(maria, **said, name="v1", deleted_at=next(ticks))
    delete_branch(maria, **said, name="next", deleted_at=next(ticks))
    squashed = squash_branch(
        maria, **said, name="main", message="one", squashed_at=next(ticks)
    )

    refs = [each for payload in told() for each in payload.get("updatedRefs", [])]

    assert [(each["ref"], each["oldSha"], each["newSha"]) for each in refs][:5] == [
        ("refs/heads/next", None, head.oid),
        ("refs/heads/next", head.oid, on_branch.oid),
        ("refs/tags/v1", None, head.oid),
        ("refs/tags/v1", head.oid, None),
        ("refs/heads/next", on_branch.oid, None),
    ]
    if squashed.oid != head.oid:
        assert refs[5]["newSha"] == squashed.oid


def test_settings_moves_and_the_end_are_told(quiet, maria, repository):
    set_visibility(
        maria,
        repository=repository,
        visibility=Visibility.PUBLIC,
        changed_at=LATER,
    )
    repository.name = "rivers"
    repository.save(update_fields=["name"])
    record_act(
        maria,
        "move_repository",
        repository,
        at=LATER + timedelta(seconds=1),
        left="maria/river-levels",
        now="maria/rivers",
    )
    delete_repository(
        maria, repository=repository, deleted_at=LATER + timedelta(seconds=2)
    )

    changed, moved, deleted = told()

    assert changed["event"] == {"action": "update", "scope": "repo.config"}
    assert moved["event"] == {"action": "move", "scope": "repo"}
    assert moved["repo"]["name"] == "maria/river-levels"
    assert moved["movedTo"] == {"name": "maria/rivers", "owner": {"id": "maria"}}
    assert deleted["event"] == {"action": "delete", "scope": "repo"}
    assert "headSha" not in deleted["repo"]


def test_discussions_and_their_comments_are_told(quiet, maria, repository):
    discussion = community.open_discussion(
        maria,
        repository=repository,
        title="Units?",
        text="Metres or feet?",
        opened_at=LATER,
    )
    said = community.comment(
        maria,
        discussion=discussion,
        text="Metres.",
        commented_at=LATER + timedelta(seconds=1),
    )
    community.hide_comment(maria, comment=said, hidden_at=LATER + timedelta(seconds=2))

    opened, commented, hidden = told()

    assert opened["event"] == {"action": "create", "scope": "discussion"}
    assert opened["discussion"]["num"] == discussion.number
    assert opened["discussion"]["title"] == "Units?"
    assert opened["discussion"]["status"] == "open"
    assert opened["discussion"]["isPullRequest"] is False
    assert opened["discussion"]["author"] == {"id": "maria"}
    assert opened["comment"]["content"] == "Metres or feet?"
    assert commented["event"] == {"action": "create", "scope": "discussion.comment"}
    assert hidden["event"] == {"action": "update", "scope": "discussion.comment"}
    assert hidden["comment"]["hidden"] is True
    assert "content" not in hidden["comment"]
    assert opened["discussion"]["url"]["web"] == (
        f"{SITE}/datasets/maria/river-levels/discussions/{discussion.number}"
    )


def test_a_pull_request_is_told_with_its_base(quiet, maria, repository):
    head = repository.refs.get(name="main").commit.oid
    made = community.open_pull_request(
        maria, repository=repository, title="More rows", opened_at=LATER
    )
    proposed = commit(
        repository, {"b.csv": "2"}, ref=made.ref, at=LATER + timedelta(seconds=1)
    )
    community.merge_pull_request(
        maria, discussion=made, merged_at=LATER + timedelta(seconds=2)
    )

    payloads = told()

    opened, merged = (each["discussion"] for each in payloads if "discussion" in each)
    oid = repository.refs.get(name="main").commit.oid
    assert opened["isPullRequest"] is True
    assert opened["status"] == "merged"  # as it is when it is told
    assert merged["changes"] == {"base": "refs/heads/main", "mergeCommitId": oid}
    moved = [each["updatedRefs"][0] for each in payloads if "updatedRefs" in each]
    assert moved[1:] == [
        {"ref": "refs/pr/1", "oldSha": head, "newSha": proposed.oid},
        {"ref": "refs/heads/main", "oldSha": head, "newSha": oid},
    ]
    assert moved[0]["ref"] == "refs/pr/1"


@pytest.mark.parametrize(
    ("domain", "scopes"),
    [("repo", {"repo.content"}), ("discussion", {"discussion"})],
)
def test_only_what_was_asked_for_is_told(make, maria, repository, domain, scopes):
    while announce():
        pass
    make(maria, domains=[domain])
    commit(repository, {"a.csv": "1"})
    community.open_discussion(
        maria, repository=repository, title="x", text="y", opened_at=NOON
    )

    assert {each["event"]["scope"] for each in told()} == scopes


def test_nothing_is_told_twice_and_nothing_old(quiet, repository):
    commit(repository, {"b.csv": "2"})
    announce()

    assert announce() == 0
    assert Delivery.objects.count() == 1
    AuditRecord.objects.update(is_told=False)  # as if the mark had been lost
    announce()
    assert Delivery.objects.filter(event="update repo.content").count() == 2


def test_what_was_undone_is_not_told(quiet, repository):
    with transaction.atomic():
        commit(repository, {"b.csv": "2"})
        transaction.set_rollback(True)

    assert told() == []


def test_a_webhook_that_watches_twice_is_told_once(make, maria, repository):
    while announce():
        pass
    make(maria, watched=[Item("user", "maria"), Item("dataset", str(repository))])
    commit(repository, {"a.csv": "1"})

    assert len(told()) == 1


def test_nobody_is_told_of_what_they_may_not_see(make, maria, repository):
    nikos = UserFactory(username="nikos")
    make(nikos, watched=[Item("user", "maria")])
    commit(repository, {"a.csv": "1"})
    assert told() == []

    share(
        maria, repository=repository, user=nikos, role=ShareRole.VIEWER, shared_at=NOON
    )
    commit(repository, {"b.csv": "1"})
    assert len(told()) == 1

    unshare(maria, repository=repository, user=nikos, unshared_at=NOON)
    commit(repository, {"c.csv": "1"})
    assert len(told()) == 1


def test_nobody_suspended_and_nothing_switched_off_is_told(make, maria, repository):
    nikos = UserFactory(username="nikos", is_active=False)
    public = RepositoryFactory(public=True)
    make(nikos, watched=[Item("dataset", str(public))])
    off = make(maria)
    services.set_enabled(maria, webhook=off, enabled=False, at=NOON)
    commit(public, {"a.csv": "1"})
    commit(repository, {"a.csv": "1"})

    assert told() == []


def test_an_act_on_what_nobody_watches_costs_no_query_of_its_own(
    maria, repository, django_assert_max_num_queries
):
    while announce():
        pass
    for number in range(20):
        commit(repository, {f"{number}.csv": "1"})

    with django_assert_max_num_queries(7):
        assert announce() >= 20


def test_archiving_is_a_change_of_settings(quiet, maria, repository):
    set_archived(maria, repository=repository, archived=True, at=LATER)

    assert [each["event"]["scope"] for each in told()] == ["repo.config"]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_once(make):
    maria = UserFactory(username="maria")
    repository = RepositoryFactory(owner=maria)
    make(maria)
    commit(repository, {"a.csv": "1"})

    counts = run_at_once(announce, announce)

    assert sum(counts) == AuditRecord.objects.count()
    assert Delivery.objects.filter(event="update repo.content").count() == 1
