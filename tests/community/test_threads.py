"""Threads about contests: who may say what, what is kept of it, and who is told."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.accounts.models import Letter, Notice
from marketplace.community.models import Post, Thread, Watch
from marketplace.community.services import (
    PostHidden,
    ThreadFull,
    ThreadLocked,
    TooMuchSaid,
    edit_post,
    hide_post,
    open_thread,
    posts,
    reply,
    steer_thread,
    unwatch,
    watch,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.training import ContestFactory, enter
from tests.kit.at_once import run_at_once
from tests.signing_in import signed_in
from training.contests.models import Contest, Member, Visibility

pytestmark = pytest.mark.django_db
BASE = "/api/v1/contests"


@pytest.fixture
def contest():
    return ContestFactory()


@pytest.fixture
def thread(contest):
    return opened(UserFactory(), contest)


def opened(author, contest, *, at=None):
    return open_thread(
        author,
        contest=contest,
        title="Which wings?",
        text="Left *or* right?",
        at=at or timezone.now(),
    )


def said(author, thread, text="The left.", *, at=None):
    return reply(author, thread=thread, text=text, at=at or timezone.now())


def told():
    """Return who was told of what is said, and in which words."""
    rows = Notice.objects.filter(kind=Letter.TALK).values_list(
        "person__username", "subject"
    )
    found = sorted(rows)
    Notice.objects.all().delete()
    return found


def test_who_watches_is_told_and_who_speaks_watches(contest):
    host, author, watcher, mute = contest.host, *UserFactory.create_batch(3)
    watch(watcher, contest=contest, at=timezone.now())
    watch(mute, contest=contest, at=timezone.now())
    mute.unwanted = mute.unshown = [Letter.TALK]
    mute.save(update_fields=["unwanted", "unshown"])

    thread = opened(author, contest)

    line = f"A discussion in {contest.title}: “Which wings?”"
    assert told() == sorted([(host.username, line), (watcher.username, line)])
    said(host, thread)
    assert told() == [(author.username, "An answer in “Which wings?”")]
    said(author, thread)
    assert [name for name, _ in told()] == [host.username]
    unwatch(host, contest=contest, thread=thread)
    said(author, thread)
    assert told() == []
    said(host, thread)  # who spoke before and left is not made to watch again
    assert not Watch.objects.filter(user=host).exists()
    assert Thread.objects.get().post_count == 5


def test_nobody_is_told_of_a_private_contest_they_may_not_see_any_more(contest):
    entrant = enter(contest)
    Contest.objects.filter(pk=contest.pk).update(visibility=Visibility.PRIVATE)
    contest.refresh_from_db()
    thread = opened(entrant.user, contest)
    told()
    Member.objects.filter(user=entrant.user).delete()

    said(contest.host, thread)

    assert told() == []


def test_a_host_hides_with_a_reason_and_of_the_words_nothing_is_left(contest, thread):
    post, at = thread.posts.get(), timezone.now()
    edit_post(thread.author, post=post, text="Rude words.", at=at)
    with pytest.raises(Malformed, match="why"):
        hide_post(contest.host, post=post, why=" ", at=at)
    told()

    hide_post(contest.host, post=post, why="Be  kind.", at=at)

    kept = Post.objects.get()
    assert (kept.text, kept.hidden_by, kept.hidden_why) == (
        "",
        contest.host,
        "Be kind.",
    )
    assert told() == [
        (
            thread.author.username,
            "What you said in “Which wings?” was hidden: Be kind.",
        )
    ]
    record = AuditRecord.objects.get(act="hide_post")
    assert record.details["reason"] == "Be kind."
    assert "Rude" not in str(AuditRecord.objects.values_list("details"))
    for act in (edit_post, hide_post):
        with pytest.raises(PostHidden):
            act(
                thread.author,
                post=post,
                at=at,
                **({"text": "x"} if act is edit_post else {"why": ""}),
            )
    own = said(thread.author, thread)
    assert hide_post(thread.author, post=own, why="", at=at).text == ""


def test_in_a_locked_thread_only_hosts_go_on(contest, thread):
    now = timezone.now()
    steer_thread(contest.host, thread=thread, is_locked=True, is_pinned=True, at=now)
    steer_thread(contest.host, thread=thread, is_pinned=True, at=now)

    with pytest.raises(ThreadLocked):
        said(thread.author, thread)
    with pytest.raises(ThreadLocked):
        edit_post(thread.author, post=thread.posts.get(), text="x", at=now)
    said(contest.host, thread)
    assert AuditRecord.objects.filter(act="steer_thread").count() == 1
    steer_thread(contest.host, thread=thread, is_locked=False, at=now)
    said(thread.author, thread)


def test_nobody_says_more_than_others_can_read(contest, thread, monkeypatch):
    author, later = thread.author, timezone.now() + timedelta(days=2)
    monkeypatch.setattr(posts, "THREADS_A_DAY", 2)
    monkeypatch.setattr(posts, "POSTS_AN_HOUR", 3)
    opened(author, contest)
    with pytest.raises(TooMuchSaid, match="tomorrow"):
        opened(author, contest)
    said(author, thread)
    with pytest.raises(TooMuchSaid, match="hour"):
        said(author, thread)
    opened(author, contest, at=later)
    for _ in range(4):
        opened(contest.host, contest)
    for text in ("", " \n", "x" * 20_001, "a\0b"):
        with pytest.raises(Malformed):
            said(author, thread, text, at=later)
    monkeypatch.setattr(posts, "MOST_POSTS", 2)
    with pytest.raises(ThreadFull):
        said(author, thread, at=later)


@pytest.mark.django_db(transaction=True)
def test_at_once_nobody_says_more_than_one_after_the_other(monkeypatch):
    monkeypatch.setattr(posts, "POSTS_AN_HOUR", 2)
    contest = ContestFactory()
    author = UserFactory()
    thread = opened(author, contest)

    found = run_at_once(*[lambda: said(author, thread)] * 3)

    assert sum(isinstance(each, Post) for each in found) == 1
    assert sum(isinstance(each, TooMuchSaid) for each in found) == 2
    assert Thread.objects.get().post_count == Post.objects.count() == 2


def test_over_the_api(contest, django_assert_num_queries):
    author, host = UserFactory(), contest.host
    at = f"{BASE}/{contest.slug}/discussions"
    json = {"content_type": "application/json"}
    speaker, hosting = signed_in(author), signed_in(host)

    made = speaker.post(at, {"title": "Why?", "text": "*So*?"}, **json).json()
    one = f"{at}/{made['id']}"
    answer = hosting.post(f"{one}/posts", {"text": "Because."}, **json)
    assert answer.status_code == 201
    assert hosting.patch(one, {"is_pinned": True}, **json).json()["is_pinned"]
    assert speaker.patch(one, {"is_pinned": False}, **json).status_code == 403
    assert hosting.put(f"{at}/watch").status_code == 204
    assert hosting.delete(f"{one}/watch").status_code == 204
    assert set(Watch.objects.values_list("user", "thread")) == {
        (host.pk, None),
        (author.pk, Thread.objects.get().pk),
    }
    first = hosting.get(f"{one}/posts").json()["results"][0]
    post = f"{one}/posts/{first['id']}"
    assert speaker.patch(post, {"text": "How?"}, **json).json()["text"] == "How?"
    assert hosting.patch(post, {"text": "How?"}, **json).status_code == 403
    bare = hosting.post(f"{post}/hide", {}, **json)
    assert (bare.status_code, bare.json()["detail"][:3]) == (400, "why")
    hidden = hosting.post(f"{post}/hide", {"why": "Off topic."}, **json).json()
    assert (hidden["text"], hidden["hidden_by"]) == ("", host.username)
    for bad in (
        {},
        {"text": ""},
        {"text": "x" * 20_001},
        {"text": "\0"},
        {"text": 7.5},
    ):
        refused = speaker.post(f"{one}/posts", bad, **json).status_code
        assert refused == (201 if bad.get("text") == 7.5 else 400)
    assert Client().get(f"{one}0").status_code == 404

    for size in (1, 6):
        while Thread.objects.count() < size:
            opened(host, contest)
            said(host, Thread.objects.get(pk=made["id"]))
        with django_assert_num_queries(3):  # rate limit, contest, a page
            Client().get(at)
        with django_assert_num_queries(4):
            Client().get(f"{one}/posts")
    pages = Client().get(f"{at}?limit=4").json()
    assert pages["results"][0]["id"] == made["id"]  # pinned
    assert len(Client().get(pages["next"]).json()["results"]) == 2


def test_on_pages(contest, monkeypatch):
    author, host = signed_in(UserFactory()), signed_in(contest.host)
    at = f"/contests/{contest.slug}/discussions"
    assert "Nobody has said anything yet" in Client().get(at).content.decode()

    made = author.post(f"{at}/new", {"title": "Why?", "text": "<script>x</script>Hm"})
    one = made["Location"]
    assert "<script>x" not in author.get(one).content.decode()
    bad = author.post(f"{at}/new", {"title": "Why?\nNot", "text": ""})
    assert bad.content.decode().count("field--bad") == 1
    assert Client().post(one, {"text": "x"})["Location"].startswith("/accounts/login/")
    for act, shown in (("pin", "Pinned"), ("lock", "Locked")):
        host.post(f"{one}/steer", {"act": act})
        assert shown in Client().get(at).content.decode()
    refused = author.post(one, {"text": "And yet"}).content.decode()
    assert "only they go on" in refused
    host.post(one, {"text": "Closed."})
    post = Post.objects.order_by("said_at").first()
    assert "delete" in host.get(f"{one}/posts/{post.pk}/hide").content.decode()
    assert host.post(f"{one}/posts/{post.pk}/hide", {}).status_code == 200
    host.post(f"{one}/posts/{post.pk}/hide", {"why": "Off topic."})
    page = Client().get(one).content.decode()
    assert "Hm" not in page
    assert f"Hidden by {contest.host.username}: Off topic." in page
    host.post(f"{one}/steer", {"act": "unlock"})
    for act, there in (("unwatch", 0), ("watch", 1)):
        author.post(f"{one}/watch", {"act": act})
        assert Watch.objects.filter(user=post.author).count() == there
    monkeypatch.setattr("marketplace.community.web.threads.POSTS", 1)
    last = host.post(one, {"text": "The end."})["Location"]
    shown = host.get(last).content.decode()
    assert "The end." in shown
    assert "Closed." not in shown
