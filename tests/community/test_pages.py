"""Pages of discussions and pull requests: what is shown to whom, what forms do."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.catalog.services import set_archived
from marketplace.community.models import Discussion, Event
from marketplace.community.services import (
    comment,
)
from marketplace.community.web import discussions
from tests.catalog.reading import files_in
from tests.community.talk import opened, proposed, shown
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


def test_a_repositorys_page_leads_to_its_discussions_and_likes(browser, public, at):
    page = shown(browser().get(at()))

    assert f'href="{at("discussions")}"' in page
    assert f'hx-get="{at("likes")}"' in page


def test_an_empty_list_says_so_and_invites(browser, at):
    page = shown(browser().get(at("discussions") + "?state=all"))

    assert "Nobody has said anything yet" in page
    assert f'href="{at("discussions/new")}"' in page


def test_the_list_shows_what_is_open_unless_asked_for_more(browser, public, at):
    owner = browser(public.created_by)
    opened(public, title="Still open")
    opened(public, title="Over")
    owner.post(at("discussions/2"), {"act": "close"})

    page = shown(browser().get(at("discussions")))
    assert "Still open" in page
    assert "Over" not in page
    assert "Over" in shown(browser().get(at("discussions") + "?state=closed"))
    everything = shown(browser().get(at("discussions") + "?state=all"))
    assert "Still open" in everything
    assert "Over" in everything
    assert "Still open" in shown(browser().get(at("discussions") + "?state=%00"))


def test_the_list_is_paged(browser, public, at):
    for number in range(21):
        opened(public, title=f"No {number}.")

    first = shown(browser().get(at("discussions")))

    assert "No 20." in first
    assert "No 0." not in first
    cursor = first.partition("cursor=")[2].partition('"')[0]
    assert "No 0." in shown(browser().get(at("discussions") + f"?cursor={cursor}"))


@pytest.mark.parametrize("many", [1, 20])
def test_a_list_costs_the_same_for_one_and_for_many(
    browser, public, at, django_assert_num_queries, many
):
    for _ in range(many):
        opened(public, author=UserFactory())

    with django_assert_num_queries(2):
        browser().get(at("discussions"))


def test_a_discussion_is_opened_from_its_form(browser, public, at):
    author = UserFactory()

    answer = browser(author).post(
        at("discussions/new"), {"title": "Which units?", "text": "**Celsius**?"}
    )

    assert answer["Location"] == at("discussions/1")
    page = shown(browser().get(at("discussions/1")))
    assert "<strong>Celsius</strong>" in page
    assert author.username in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"title": "", "text": "x"}, "This field is required."),
        (
            {"title": "\u202etitle", "text": "x"},
            "Write 1 to 200 characters on one line.",
        ),
        ({"title": "x", "text": "x" * 20_001}, "Write 1 to 20,000 characters"),
    ],
)
def test_what_cannot_be_opened_is_said_at_its_field(browser, public, at, given, said):
    page = shown(browser(UserFactory()).post(at("discussions/new"), given))

    assert said in page
    assert not Discussion.objects.exists()


def test_a_comment_is_made_and_the_reader_led_to_it(browser, public, at):
    opened(public)

    answer = browser(UserFactory()).post(at("discussions/1"), {"text": "Kelvin."})

    said = Event.objects.get(text="Kelvin.")
    assert answer["Location"] == f"{at('discussions/1')}#{said.pk.hex}"
    assert f'id="{said.pk.hex}"' in shown(browser().get(at("discussions/1")))


def test_closing_says_what_was_typed_with_it(browser, public, at):
    opened(public)
    owner = browser(public.created_by)

    owner.post(at("discussions/1"), {"act": "close", "text": "Kelvin it is."})

    assert Discussion.objects.get().status == "CLOSED"
    page = shown(owner.get(at("discussions/1")))
    assert "Kelvin it is." in page
    assert "Open it again" in page
    owner.post(at("discussions/1"), {"act": "open"})
    assert Discussion.objects.get().status == "OPEN"


def test_a_stranger_closes_nothing_and_sees_no_button_for_it(browser, public, at):
    opened(public)
    stranger = browser(UserFactory())

    assert 'value="close"' not in shown(stranger.get(at("discussions/1")))
    assert stranger.post(at("discussions/1"), {"act": "close"}).status_code == 403
    assert Discussion.objects.get().status == "OPEN"


def test_nothing_said_is_no_comment(browser, public, at):
    opened(public)

    page = shown(browser(UserFactory()).post(at("discussions/1"), {"text": " "}))

    assert "Write 1 to 20,000 characters" in page
    assert Event.objects.count() == 1


def test_nobody_is_asked_to_sign_in_to_take_part(browser, public, at):
    opened(public)

    assert "Sign in</a> to take part" in shown(browser().get(at("discussions/1")))
    answer = browser().post(at("discussions/1"), {"text": "x"})
    assert answer["Location"].startswith("/accounts/login/")
    assert Event.objects.count() == 1


def test_who_was_suspended_is_named_and_leads_nowhere(browser, public, at):
    author = UserFactory(is_active=True)
    opened(public, author=author)
    author.is_active = False
    author.save(update_fields=["is_active"])

    page = shown(browser().get(at("discussions/1")))

    assert author.username in page
    assert f'href="/people/{author.username}"' not in page


def test_own_comments_are_edited_and_hidden_from_their_forms(browser, public, at):
    author = UserFactory()
    opened(public, author=author)
    said, own = Event.objects.get(), browser(author)
    where = at("discussions/1/comments", said.pk)
    assert f'href="{where}/edit"' in shown(own.get(at("discussions/1")))

    assert "Celsius?" in shown(own.get(f"{where}/edit"))
    own.post(f"{where}/edit", {"text": "Kelvin?"})
    page = shown(browser().get(at("discussions/1")))
    assert "Kelvin?" in page
    assert "What it said before" in page
    own.post(f"{where}/hide")
    page = shown(browser().get(at("discussions/1")))
    assert "Kelvin?" not in page
    assert "Celsius?" not in page
    assert f"hidden by {author.username}" in page


def test_it_is_renamed_from_its_form(browser, public, at):
    opened(public)

    browser(public.created_by).post(at("discussions/1/title"), {"title": "Units"})

    page = shown(browser().get(at("discussions/1")))
    assert ": Units</h1>" in page
    assert "renamed it from “Which units?”" in page


def test_a_long_discussion_is_shown_by_pages(browser, public, at, monkeypatch):
    monkeypatch.setattr(discussions, "HAPPENINGS", 2)
    made = opened(public)
    for number in range(4):
        comment(
            public.created_by,
            discussion=made,
            text=f"Word {number}.",
            commented_at=NOON + timedelta(minutes=number + 1),
        )

    first = shown(browser().get(at("discussions/1")))
    assert "Word 0." in first
    assert "Word 1." not in first
    assert f'href="{at("discussions/1")}?page=2"' in first
    assert "Word 3." in shown(browser().get(at("discussions/1") + "?page=3"))
    for odd in ("x", "99", "-1", "%00"):
        shown(browser().get(at("discussions/1") + f"?page={odd}"))
    answer = browser(public.created_by).post(at("discussions/1"), {"text": "Last."})
    assert f"{at('discussions/1')}?page=3#" in answer["Location"]


def test_what_is_archived_is_shown_without_forms(browser, public, at):
    opened(public)
    set_archived(public.created_by, repository=public, archived=True, at=NOON)
    owner = browser(public.created_by)

    page = shown(owner.get(at("discussions/1")))
    assert "archived" in page
    assert 'name="text"' not in page
    assert at("discussions/new") not in shown(owner.get(at("discussions")))


def test_a_pull_request_shows_what_it_changes_and_is_merged(browser, public, at):
    proposed(public, {"a.txt": "ένα\n", "<b>.txt": "x\u202ey\n"}, author=UserFactory())

    page = shown(browser().get(at("discussions/1/changes")))
    assert "- one" in page
    assert "+ ένα" in page
    assert "&lt;b&gt;.txt" in page
    assert "⟨U+202E⟩" in page
    owner = browser(public.created_by)
    assert "Merge it" in shown(owner.get(at("discussions/1")))
    assert "Merge it" not in shown(browser(UserFactory()).get(at("discussions/1")))
    assert browser(UserFactory()).post(at("discussions/1/merge")).status_code == 403
    owner.post(at("discussions/1/merge"), {"comment": "Thanks."})
    assert files_in(public)["a.txt"] == "ένα\n".encode()
    page = shown(owner.get(at("discussions/1")))
    assert "Merged as" in page
    assert "Merge it" not in page


def test_files_are_proposed_from_a_form(browser, public, at):
    author = UserFactory()
    sent = {
        "title": "Say it in Greek",
        "text": "Since it is.",
        "folder": "data",
        "chosen": [SimpleUploadedFile("a.csv", b"id\n1\n"), io.BytesIO(b"x")],
    }
    sent["chosen"][1].name = "b.bin"

    answer = browser(author).post(at("discussions/propose"), sent)

    assert answer["Location"] == at("discussions/1")
    proposed_files = files_in(public, "refs/pr/1")
    assert proposed_files["data/a.csv"] == b"id\n1\n"
    assert proposed_files["data/b.bin"] == b"x"
    assert set(files_in(public)) == {"a.txt"}
    page = shown(browser().get(at("discussions/1")))
    assert "Since it is." in page
    assert f"{author.username} committed" in page


@pytest.mark.parametrize(
    ("folder", "said"), [("../up", "path"), (".git", "path"), ("a.txt", "a.txt")]
)
def test_what_cannot_be_proposed_opens_nothing(browser, public, at, folder, said):
    sent = {"title": "x", "folder": folder, "chosen": [io.BytesIO(b"x")]}
    sent["chosen"][0].name = "b.bin"

    page = shown(browser(UserFactory()).post(at("discussions/propose"), sent))

    assert said in page
    assert "errorlist" in page or "notice--bad" in page
    assert not Discussion.objects.exists()
    assert public.refs.count() == 1


def test_a_conflict_is_shown_in_place_of_the_button_and_refused(browser, public, at):
    proposed(public, {"a.txt": "ένα\n"})
    commit(public, {"a.txt": "eins\n"})
    owner = browser(public.created_by)

    page = shown(owner.get(at("discussions/1")))
    assert "It cannot be merged" in page
    assert "Merge it" not in page
    answer = owner.post(at("discussions/1/merge"), follow=True)
    assert "Both sides changed “a.txt”" in answer.content.decode()
    assert files_in(public)["a.txt"] == b"eins\n"


def test_a_discussion_has_no_changes_and_nothing_to_merge(browser, public, at):
    opened(public)
    owner = browser(public.created_by)

    assert owner.get(at("discussions/1/changes")).status_code == 404
    assert owner.post(at("discussions/1/merge")).status_code == 404


def test_what_is_private_is_not_there_for_others(browser):
    hidden = RepositoryFactory()
    opened(hidden)
    where = f"/datasets/{hidden}/discussions"

    for page in (where, f"{where}/1", f"{where}/new", f"/datasets/{hidden}/likes"):
        assert browser(UserFactory()).get(page).status_code == 404
