"""A small market for the journeys: people, datasets, a model, offers, a contest."""

from datetime import timedelta

from django.utils import timezone

from licensing import services as rights
from licensing.facts import COMMERCIAL
from licensing.models import Audience
from marketplace.accounts.models import User
from marketplace.accounts.services import create_account
from marketplace.catalog.models import Repository
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.training import ContestFactory, enter, fail, hand_in, score
from training.jobs import BadRow

PASSWORD = "columns in the shade"
PEOPLE = {
    "ada": "Ada Georgiou",
    "nikos": "Nikos Pappas",
    "hypatia": "Hypatia of Alexandria",
    "ben": "Ben Okafor",
    "maya": "Maya Lindqvist",
    "tomas": "Tomás Rivera",
    "kleio": "Kleio, operator",
}
CARD = """\
---
license: {licence}
language: [en]
task_categories: [{task}]
modalities: [{modality}]
tags: [{tags}]
---
# {title}

{words}

| column | unit | meaning |
|---|---|---|
| `station` | | where it was measured |
| `level` | cm | height above the gauge's zero |

```python
import csv
```
"""
ROWS = "station,day,level\n" + "".join(
    f"S{number % 7},2026-0{1 + number % 9}-01,{120 + number * 7 % 60}\n"
    for number in range(200)
)
WAVES = "wind,swell,height\n" + "".join(
    f"{n % 23},{n % 17},{2 * (n % 23) + n % 17}\n" for n in range(200)
)


def furnish() -> None:
    """Make it all, as of now, through the services."""
    now = timezone.now()
    people = {
        name: _person(name, full_name, at=now - timedelta(days=40))
        for name, full_name in PEOPLE.items()
    }
    rivers = _published(
        people["ada"],
        "river-levels",
        "River levels of the Peloponnese",
        "Daily gauge readings of seven rivers, cleaned and put into centimetres.",
        task="time-series-forecasting",
        modality="tabular",
        tags="rivers, hydrology",
    )
    leaves = _published(
        people["hypatia"],
        "olive-leaves",
        "Olive leaves, healthy and sick",
        "Measurements of 1,200 olive leaves with the judgement of two agronomists.",
        task="tabular-classification",
        modality="tabular",
        tags="olives, agriculture",
    )
    _published(
        people["ada"],
        "harbour-voices",
        "Voices of the harbour",
        "What sailors call out to each other, recorded at three quays.",
        task="audio-classification",
        modality="audio",
        tags="speech",
    )
    _published(
        people["ada"],
        "market-songs",
        "Songs of the market",
        "Short field recordings from three markets, with who sang and what.",
        task="audio-classification",
        modality="audio",
        tags="music",
    )
    _published(
        people["maya"],
        "leaf-net",
        "Leaf net, a small classifier",
        "A network of 30-16-2 trained on olive leaves; runs in 0.02 ms a row.",
        task="tabular-classification",
        modality="tabular",
        tags="olives",
        model=True,
    )
    for owner, name, title, licence in (
        ("ben", "port-logs", "Port logs", "cc-by-4.0"),
        ("tomas", "buoy-notes", "Buoy notes", "cc-by-sa-4.0"),
    ):
        _published(
            people[owner],
            name,
            title,
            "What was written down on one shore, a line a day.",
            task="feature-extraction",
            modality="text",
            tags="logs",
            licence=licence,
        )
    _measure_waves(people["tomas"])
    _sell(people, rivers)
    _sell_by_three(people)
    _compete(people, leaves)


def _person(name: str, full_name: str, *, at) -> User:
    user = create_account(
        name=name,
        email=f"{name}@example.org",
        password=PASSWORD,
        is_staff=name == "kleio",
        created_at=at,
    )
    user.full_name = full_name
    user.save(update_fields=["full_name"])
    return user


def _published(
    owner, name, title, summary, *, model=False, licence="cc-by-4.0", **card
) -> Repository:
    repository = RepositoryFactory(
        owner=owner,
        name=name,
        title=title,
        summary=summary,
        public=True,
        model=model,
        created_at=timezone.now(),
    )
    readme = CARD.format(title=title, words=summary, licence=licence, **card)
    files = {"README.md": readme, "data/rows.csv": ROWS}
    commit(repository, files, message=f"Publish {title}", at=timezone.now())
    return repository


def _measure_waves(owner: User) -> None:
    """Keep a table to oneself whose last column is twice the wind and the swell."""
    kept = RepositoryFactory(owner=owner, name="waves", title="Waves")
    files = {"data/rows.csv": ROWS, "data/waves.csv": WAVES}
    commit(kept, files, message="Add waves", at=timezone.now())


def _sell(people: dict[str, User], source: Repository) -> None:
    """Ada and Nikos offer an adaptation: free for research, paid for commerce."""
    ada, nikos, now = people["ada"], people["nikos"], timezone.now()
    sold = RepositoryFactory(
        owner=ada,
        name="flood-features",
        title="Flood features",
        summary="Twelve features a day computed from river levels, for flood warning.",
        public=True,
        licence_id="",
        created_at=now,
    )
    commit(
        sold,
        {"README.md": "# Flood features\n\nTwelve features a day.\n", "f.csv": ROWS},
        at=now,
    )
    rights.record_derivation(
        ada,
        work=sold.work,
        source=source.work,
        relation="ADAPT",
        changes="Daily levels became twelve features.",
        recorded_at=now,
    )
    shares = rights.propose_shares(
        ada,
        work=sold.work,
        basis_points={
            rights.party_of_user(ada): 7000,
            rights.party_of_user(nikos): 3000,
        },
        proposed_at=now,
    )
    rights.accept_shares(nikos, share_set=shares, accepted_at=now)
    for code, audience, licence, minor in (
        ("research", Audience.RESEARCH, "CC-BY-NC-4.0", 0),
        ("commerce", Audience.COMMERCE, COMMERCIAL, 49_00),
    ):
        offer = rights.draft_offer(
            ada,
            work=sold.work,
            code=code,
            title=f"For {code}",
            audience=audience,
            licence_id=licence,
            price_minor=minor,
            currency="EUR",
            drafted_at=now,
        )
        rights.accept_offer(nikos, offer=offer, accepted_at=now)


def _sell_by_three(people: dict[str, User]) -> None:
    """Hypatia, Maya and Tomás hold what they offer by 50, 30 and 20 in a hundred."""
    hypatia, others, now = people["hypatia"], ("maya", "tomas"), timezone.now()
    sold = RepositoryFactory(
        owner=hypatia,
        name="kiln-logs",
        title="Kiln logs",
        summary="Temperatures of three kilns, minute by minute.",
        public=True,
        licence_id="",
        created_at=now,
    )
    files = {"README.md": "# Kiln logs\n\nThree kilns.\n", "kilns.csv": ROWS}
    commit(sold, files, at=now)
    parts = dict(zip(("hypatia", *others), (5000, 3000, 2000), strict=True))
    shares = rights.propose_shares(
        hypatia,
        work=sold.work,
        basis_points={
            rights.party_of_user(people[name]): part for name, part in parts.items()
        },
        proposed_at=now,
    )
    offer = rights.draft_offer(
        hypatia,
        work=sold.work,
        code="commerce",
        title="For commerce",
        audience=Audience.COMMERCE,
        licence_id=COMMERCIAL,
        price_minor=10_00,
        currency="EUR",
        drafted_at=now,
    )
    for name in others:
        rights.accept_shares(people[name], share_set=shares, accepted_at=now)
    for name in others:
        rights.accept_offer(people[name], offer=offer, accepted_at=now)


def _compete(people: dict[str, User], dataset: Repository) -> None:
    """Hypatia hosts a contest; two have scores, one a refusal."""
    contest = ContestFactory(
        host=people["hypatia"],
        dataset=dataset,
        slug="olive-cup",
        title="Which olive leaves are sick?",
        summary="Forty leaves without their labels. Tell the healthy from the sick.",
    )
    for name, value, low, high in (
        ("maya", 0.95, 0.88, 0.99),
        ("tomas", 0.925, 0.85, 0.97),
    ):
        score(hand_in(enter(contest, people[name])), value, low=low, high=high)
    fail(
        hand_in(enter(contest, people["nikos"])),
        rows=(BadRow(5, "r900", "is not asked for"), BadRow(9, "r3", "came before")),
    )
