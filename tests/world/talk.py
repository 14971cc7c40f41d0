"""What they say of what is published, and what they put side by side."""

from django.http import QueryDict

from marketplace.catalog.services import AddFile, commit_files
from marketplace.community.models import Place
from marketplace.community.services import (
    add_item,
    create_collection,
    like,
    open_pull_request,
    open_thread,
    save_search,
)
from marketplace.storage.services import store_bytes
from tests.world.people import DAY, SECRET, World

AUTHORS = {  # of the one pull request that each has, and of its one comment
    "dataset": "stranger",
    "derived": "owner",
    "private_dataset": "reader",
    "organisation_dataset": "owner",
    "private_model": "owner",
}


def add_talk(world: World) -> None:
    owner, at = world["owner"], world.at - 2 * DAY
    world.made["saved_search"] = save_search(
        owner,
        name=f"{SECRET} of interest",
        place=Place.DATASETS,
        query=QueryDict("q=wings"),
        saved_at=at,
    )
    for thing, author in AUTHORS.items():
        repository = world[thing]
        about = "wings" if repository.is_public else SECRET
        proposed = open_pull_request(
            world[author],
            repository=repository,
            title=f"Add {about}",
            description=f"There are {about}, too.",
            opened_at=at,
        )
        blob = store_bytes(f"id,{about}\n".encode(), stored_at=at)
        commit_files(
            world[author],
            repository=repository,
            changes=[AddFile(f"data/{about}.csv", blob)],
            message=f"Add {about}",
            committed_at=at,
            ref=proposed.ref,
        )
        like(owner, repository=repository, liked_at=at)
    for thing, title, namespace in (
        ("collection", "Birds", "mx-owner"),
        ("private_collection", f"{SECRET} sightings", "fieldwork"),
    ):
        made = create_collection(
            owner,
            namespace=world.namespace(namespace),
            title=title,
            is_private=thing == "private_collection",
            created_at=at,
        )
        held = "dataset" if thing == "collection" else "private_dataset"
        add_item(owner, collection=made, repository=world[held], added_at=at)
        world.made[thing] = made
    for thing, author, about in (
        ("contest", "stranger", "wings"),
        ("private_contest", "reader", SECRET),
    ):
        world.made[f"{thing}_thread"] = open_thread(
            world[author],
            contest=world[thing],
            title=f"Of {about}",
            text=f"How many {about} are there?",
            at=at,
        )
