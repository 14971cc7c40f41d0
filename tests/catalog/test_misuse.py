import pytest
from django.test import Client

from tests.factories.catalog import RepositoryFactory, commit


@pytest.mark.django_db
def test_what_it_is_not_for_stands_above_the_card_and_is_asked_of_who_may_say(client):
    model = RepositoryFactory(public=True, model=True)
    words = "pipeline_tag: text-classification\n"
    commit(model, {"README.md": f"---\n{words}---\n# Toxic?\n"})
    path = model.get_absolute_url()
    as_owner = Client()
    as_owner.force_login(model.created_by)

    to_strangers = client.get(path).content.decode()
    to_owner = as_owner.get(path).content.decode()

    editor = f"{path}/edit/README.md"
    asked = as_owner.get(f"{editor}?suggest=1").context["form"]
    begun = asked["not_for"].value()
    preview = as_owner.post(
        editor, {"not_for": "Tea.\n\n Tea. \nPeople, alone.", "act": "preview"}
    ).content.decode()
    wizard = f"{path}/publish/card"
    unsaid = as_owner.get(wizard).content.decode()
    said = f"{words}out_of_scope_use: Banning <b>people</b>.\n"
    commit(model, {"README.md": f"---\n{said}---\n# Toxic?\n"})
    told = as_owner.get(path).content.decode()

    assert "not for" not in to_strangers
    assert "What is it not for?" in to_owner
    assert "the mere mention of a group" in to_owner  # proposed to judges of words
    assert "<li>Banning &lt;b&gt;people&lt;/b&gt;.</li>" in told
    assert told.index("What this is not for") < told.index("Toxic?</h2>")
    assert "What is it not for?" not in told
    assert f"{editor}?suggest=1#id_not_for" in to_owner
    assert begun.splitlines()[0].startswith("Judging people by what they write")
    assert as_owner.get(editor).context["form"]["not_for"].value() == (
        "Banning <b>people</b>."
    )
    assert "<ul><li>Tea.</li><li>People, alone.</li></ul>" in preview
    assert "Not said. Name the uses" in unsaid
    assert "<li>Banning &lt;b&gt;people" in as_owner.get(wizard).content.decode()
