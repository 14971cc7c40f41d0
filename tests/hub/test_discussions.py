"""Discussions over the wire, as huggingface_hub's `community.py` reads them."""

import pytest

from marketplace.community.models import Discussion, Event
from marketplace.community.services import change_status, comment, open_discussion
from marketplace.hub.views import discussions
from tests.catalog.reading import files_in
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository():
    made = RepositoryFactory(public=True)
    commit(made, {"a.txt": "one\n"})
    return made


@pytest.fixture
def wire(api, repository):
    """Post to the repository's discussions; return status and JSON."""

    def sent(rest="", body=None, *, user=None, method="post"):
        path = f"/api/datasets/{repository}/discussions{rest}"
        answer = getattr(api(user or repository.created_by), method)(path, body)
        return answer.status_code, answer.json()

    return sent


def opened(repository, title="Which units?"):
    return open_discussion(
        repository.created_by,
        repository=repository,
        title=title,
        text="**Celsius**?",
        opened_at=NOON,
    )


def test_a_discussion_is_opened_and_read_back(wire, repository):
    author = UserFactory(full_name="Ada L.")
    asked = {"title": " Which units? ", "description": "**Celsius**?"}

    status, told = wire("", {**asked, "pullRequest": False}, user=author)
    assert (status, told["num"]) == (200, 1)

    page = wire("/1?diff=1", method="get")[1]
    assert page["title"] == "Which units?"
    assert page["status"] == "open"
    assert page["isPullRequest"] is False
    assert page["author"]["name"] == author.username
    assert page["repo"] == {"name": str(repository), "type": "dataset"}
    assert page["url"] == f"http://testserver/datasets/{repository}/discussions/1"
    (event,) = page["events"]
    assert event["type"] == "comment"
    assert event["id"] == Event.objects.get().pk.hex
    assert event["author"]["name"] == author.username
    assert event["data"]["edited"] is event["data"]["hidden"] is False
    assert event["data"]["latest"]["raw"] == "**Celsius**?"
    assert event["data"]["latest"]["html"].strip() == (
        "<p><strong>Celsius</strong>?</p>"
    )
    assert event["data"]["history"] == []
    assert "changes" not in page


def test_a_pull_request_made_by_program_is_a_draft_until_it_is_opened(wire, repository):
    asked = {"title": "Say it in Greek", "description": "Since.", "pullRequest": True}
    number = wire("", asked)[1]["num"]
    commit(repository, {"a.txt": "ένα\n"}, ref="refs/pr/1")

    assert wire("/1/merge")[0] == 409
    assert wire("/1/status", {"status": "open"})[1]["newStatus"]["data"] == {
        "status": "open"
    }
    page = wire(f"/{number}?diff=1", method="get")[1]
    assert (page["status"], page["isPullRequest"]) == ("open", True)
    assert page["changes"] == {"base": "refs/heads/main"}
    assert page["filesWithConflicts"] == []
    assert page["diff"].startswith("diff --git a/a.txt b/a.txt\n")
    committed = [each for each in page["events"] if each["type"] == "commit"]
    assert [each["data"]["subject"] for each in committed] == ["Add a.txt"]
    assert "diff" not in wire(f"/{number}", method="get")[1]


def test_a_merge_is_told_with_its_commit(wire, repository):
    asked = {"title": "Greek", "description": "Since.", "pullRequest": True}
    wire("", asked)
    commit(repository, {"a.txt": "ένα\n"}, ref="refs/pr/1")
    wire("/1/status", {"status": "open"})

    status, told = wire("/1/merge", {"comment": "Thanks."})

    assert (status, told["newStatus"]["data"]["status"]) == (200, "merged")
    page = wire("/1", method="get")[1]
    assert page["status"] == "merged"
    assert page["changes"]["mergeCommitId"] == Discussion.objects.get().merge_oid
    assert files_in(repository)["a.txt"] == "ένα\n".encode()
    assert wire("/1/merge")[0] == 409


def test_a_conflict_names_the_files_and_merges_nothing(wire, repository):
    wire("", {"title": "Greek", "description": "Since.", "pullRequest": True})
    commit(repository, {"a.txt": "ένα\n"}, ref="refs/pr/1")
    commit(repository, {"a.txt": "eins\n"})
    wire("/1/status", {"status": "open"})

    assert wire("/1", method="get")[1]["filesWithConflicts"] == ["a.txt"]
    status, told = wire("/1/merge")
    assert status == 409
    assert "a.txt" in told["error"]
    assert files_in(repository)["a.txt"] == b"eins\n"


def test_comments_are_made_edited_and_hidden(wire, repository):
    opened(repository)

    said = wire("/1/comment", {"comment": "Kelvin."})[1]["newMessage"]
    edited = wire(f"/1/comment/{said['id']}/edit", {"content": "K."})[1]
    assert edited["updatedComment"]["data"]["edited"] is True
    assert edited["updatedComment"]["data"]["latest"]["raw"] == "K."
    assert [each["raw"] for each in edited["updatedComment"]["data"]["history"]] == [
        "Kelvin."
    ]
    hidden = wire(f"/1/comment/{said['id']}/hide")[1]["updatedComment"]["data"]
    assert hidden["hidden"] is True
    assert hidden["hiddenBy"] == repository.created_by.username
    assert (hidden["latest"]["raw"], hidden["history"]) == ("", [])
    assert wire(f"/1/comment/{said['id']}/edit", {"content": "again"})[0] == 409


def test_title_and_status_are_changed_with_an_event_each(wire, repository):
    opened(repository)

    renamed = wire("/1/title", {"title": "Units"})[1]["newTitle"]
    closed = wire("/1/status", {"status": "closed", "comment": "K."})[1]["newStatus"]

    assert (renamed["type"], renamed["data"]) == (
        "title-change",
        {"from": "Which units?", "to": "Units"},
    )
    assert (closed["type"], closed["data"]) == ("status-change", {"status": "closed"})
    page = wire("/1", method="get")[1]
    assert (page["title"], page["status"], page["numComments"]) == (
        "Units",
        "closed",
        2,
    )


def test_lists_come_by_numbered_pages_and_filters(
    wire, repository, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(discussions, "PAGE", 2)
    for number in range(5):
        opened(repository, title=f"No {number}")
    last = Discussion.objects.get(number=5)
    change_status(
        repository.created_by, discussion=last, status="CLOSED", changed_at=NOON
    )

    with django_assert_num_queries(4):  # one counts requests
        first = wire("?p=0", method="get")[1]
    third = wire("?p=2", method="get")[1]
    beyond = wire("?p=9", method="get")[1]
    open_ones = wire("?status=open&type=discussion", method="get")[1]

    assert (first["count"], first["start"]) == (5, 0)
    assert [each["num"] for each in first["discussions"]] == [5, 4]
    assert [each["num"] for each in third["discussions"]] == [1]
    assert (beyond["count"], beyond["discussions"]) == (5, [])
    assert open_ones["count"] == 4
    assert wire("?type=pull_request", method="get")[1]["count"] == 0
    assert wire("?author=nobody", method="get")[1]["count"] == 0


@pytest.mark.parametrize(
    "query",
    ["p=-1", "p=x", "p=99999999999", "p=1e3", "status=merged", "type=x", "p=%C2%B2"],
)
def test_a_list_asked_for_wrongly_is_refused(wire, query):
    assert wire(f"?{query}", method="get")[0] == 400


@pytest.mark.parametrize(
    ("rest", "body"),
    [
        ("", {}),
        ("", []),
        ("", {"title": "", "description": "x"}),
        ("", {"title": "a\nb", "description": "x"}),
        ("", {"title": "x" * 300, "description": "x"}),
        ("", {"title": "x", "description": "a\0b"}),
        ("", {"title": "x", "description": ""}),
        ("", {"title": {"a": 1}, "description": "x"}),
        ("/1/comment", {}),
        ("/1/comment", {"comment": " "}),
        ("/1/comment", {"comment": "x" * 20_001}),
        ("/1/comment", {"comment": ["x"]}),
        ("/1/title", {"title": "\u202egnirts"}),
        ("/1/status", {"status": "merged"}),
        ("/1/status", {"status": None}),
        ("/1/merge", {"comment": "x"}),
    ],
)
def test_malformed_bodies_are_refused_and_change_nothing(wire, repository, rest, body):
    opened(repository)

    status, told = wire(rest, body)

    assert status == 400
    assert told["error"]
    assert (Discussion.objects.count(), Event.objects.count()) == (1, 1)
    assert Discussion.objects.get().title == "Which units?"


@pytest.mark.parametrize("number", ["0", "2", str(2**31), "9" * 40])
def test_a_number_that_nothing_has_is_404(wire, repository, number):
    opened(repository)

    assert wire(f"/{number}", method="get")[0] == 404
    assert wire(f"/{number}/comment", {"comment": "x"})[0] == 404


@pytest.mark.parametrize("comment_id", ["x", "0" * 32, "%00", "..", "f" * 200])
def test_a_comment_that_is_not_there_is_404(wire, repository, comment_id):
    opened(repository)

    assert wire(f"/1/comment/{comment_id}/edit", {"content": "x"})[0] == 404
    assert wire(f"/1/comment/{comment_id}/hide")[0] == 404


def test_what_is_private_is_not_there_for_others(api):
    hidden = RepositoryFactory()
    opened(hidden)
    path = f"/api/datasets/{hidden}/discussions"

    for asked in (path, f"{path}/1"):
        answer = api(UserFactory()).get(asked)
        assert (answer.status_code, answer["X-Error-Code"]) == (404, "RepoNotFound")
    assert api(UserFactory()).post(f"{path}/1/comment", {}).status_code == 404


def test_markup_of_a_stranger_runs_nothing_and_long_discussions_stay_quick(
    wire, repository, monkeypatch
):
    made = opened(repository)
    for text in ("<script>x</script>[a](javascript:x)", "*long*" * 3000):
        comment(repository.created_by, discussion=made, text=text, commented_at=NOON)
    monkeypatch.setattr("marketplace.community.markup.MOST_CHARACTERS", 1000)

    told = [each["data"]["latest"] for each in wire("/1", method="get")[1]["events"]]

    by_text = {each["raw"]: each["html"] for each in told}
    assert "<script" not in "".join(by_text.values())
    assert "javascript:" not in "".join(
        html.replace("javascript:x)", "") for html in by_text.values()
    )
    assert by_text["*long*" * 3000].startswith("<pre>*long*")


@pytest.mark.parametrize("many", [1, 15])
def test_a_page_costs_the_same_for_one_event_and_for_many(
    api, repository, django_assert_num_queries, many
):
    made = opened(repository)
    for _ in range(many):
        comment(UserFactory(), discussion=made, text="Yes.", commented_at=NOON)

    with django_assert_num_queries(5):  # one counts requests
        told = api().get(f"/api/datasets/{repository}/discussions/1").json()

    assert len(told["events"]) == 1 + many
    assert told["numComments"] == 1 + many


def test_the_address_that_clients_print_leads_to_the_page(client):
    model = RepositoryFactory(public=True, model=True)
    opened(model)

    answer = client.get(f"/{model}/discussions/1", follow=True)

    assert answer.redirect_chain == [(f"/models/{model}/discussions/1", 302)]
    assert answer.status_code == 200
