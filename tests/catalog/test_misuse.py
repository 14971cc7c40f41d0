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

    said = f"{words}out_of_scope_use: Banning <b>people</b>.\n"
    commit(model, {"README.md": f"---\n{said}---\n# Toxic?\n"})
    told = as_owner.get(path).content.decode()

    assert "not for" not in to_strangers
    assert "What is it not for?" in to_owner
    assert "the mere mention of a group" in to_owner  # proposed to judges of words
    assert "<li>Banning &lt;b&gt;people&lt;/b&gt;.</li>" in told
    assert told.index("What this is not for") < told.index("Toxic?</h2>")
    assert "What is it not for?" not in told
