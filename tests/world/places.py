"""Where they would go: what fills the parameters of addresses; what must not be seen."""

from functools import lru_cache
from uuid import UUID

from django.core.signing import Signer

from marketplace.accounts.queries import INVITATION_SALT
from marketplace.community.models import Event
from marketplace.front.learn.catalogue import LESSONS
from marketplace.front.learn.guides import GUIDES
from tests.world.goods import PAID
from tests.world.people import SECRET, World, named

DATASETS = ("dataset", "derived", "private_dataset", "organisation_dataset")
ENTRIES = ("good", "bad", "waiting", "private_entry")
HIDDEN = (
    "private_dataset", "private_model", "organisation_dataset", "draft_offer",
    "private_contest", "good", "bad", "waiting", "private_entry", "upload",
    "proposed_shares", "handover", "report", "recall",
    "own_terms", "private_offer", "refund", "dispute", "payout", "prize",
    "draft", "project", "prediction", "model_report", "job",
)  # fmt: skip


@lru_cache(maxsize=1)
def places(world: World) -> dict[str, dict[str, dict[str, str]]]:
    """Return what fills addresses, by their first segment and the thing they name.

    Each value holds every parameter that an address of the thing may have.
    """
    return {
        "datasets": {name: _repository(world, name) for name in (*DATASETS, "deleted")},
        "models": {"private_model": _repository(world, "private_model")},
        "embed": {
            "private_model": {
                **_repository(world, "private_model"),
                "prediction_id": str(world["prediction"].pk),
            }
        },
        "works": {name: _work(world, name) for name in (*DATASETS, "private_model")},
        "offers": {
            name: _ids("offer_id", world[name].pk)
            for name in (
                *("free_offer", "paid_offer", "team_offer"),
                *("draft_offer", "private_offer"),
            )
        },
        "orders": {
            name: {"number": world[name].number}
            for name in ("waiting_order", "fulfilled_order")
        },
        "invoices": {"invoice": {"number": world["invoice"].number}},
        **{
            f"{name}s": {name: _ids(f"{name}_id", world[name].pk)}
            for name in ("refund", "dispute", "payout")
        },
        "payees": {"partner": _ids("party_id", world["partner"].party.pk)},
        "discounts": {"discount": _ids("discount_id", world["discount"].pk)},
        "subscriptions": {
            "subscription": _ids("subscription_id", world["subscription"].pk)
        },
        "acceptances": {
            "acceptance": {
                **_ids("acceptance_id", world["acceptance"].pk),
                "sha256": world["acceptance"].licence_text_id,
            }
        },
        "reports": {"report": _ids("report_id", world["report"].pk)},
        "takedowns": {"takedown": _ids("takedown_id", world["takedown"].pk)},
        "handovers": {"handover": _ids("handover_id", world["handover"].pk)},
        "contests": {
            name: {
                "slug": world[name].slug,
                "act": "close",
                "step": "leave",
                "number": "1",
                "answer": "accept",
                "name": named("stranger"),
                "page": "the-data",
                "move": "down",
                **_ids("kit_id", world[name].kits.get().pk),
                **_ids("proposal_id", world["proposal"].pk),
                "thread_id": str(world[f"{name}_thread"].pk),
                "post_id": str(world[f"{name}_thread"].posts.get().pk),
                **_ids("invitation_id", world[f"{name}_invitation"].pk),
                **_ids("source_id", world[f"{name}_source"].pk),
            }
            for name in ("contest", "private_contest")
        },
        "drafts": {"draft": _ids("draft_id", world["draft"].pk) | {"act": "discard"}},
        "projects": {
            "project": _ids("project_id", world["project"].pk)
            | {"act": "discard", "place": "10000"}
        },
        "predictions": {"prediction": _ids("prediction_id", world["prediction"].pk)},
        "model-reports": {
            "model_report": _ids("report_id", world["model_report"].pk)
            | {"act": "withdraw"}
        },
        "jobs": {
            "job": {
                **_ids("job_id", world["job"].pk),
                "number": "1",
                "act": "delete",
                "step": "again",
                "path": "made.csv",
                "part": "log.txt",
            }
        },
        "calendars": {"calendar": {"secret": world["calendar"]}},
        "prizes": {"prize": _ids("prize_id", world["prize"].pk)},
        "budgets": {"budget": {"namespace": world["owner"].namespace.name}},
        "prepaid": {"budget": {"reference": world["budget"].prepaid.reference}},
        "purses": {
            "purse": {"number": world["prize"].purse.reference, "act": "surplus"}
        },
        "submissions": {
            name: _ids("submission_id", world[name].pk) for name in ENTRIES
        },
        "runs": {
            name: _ids("run_id", world[name].attempts.get().run_id) for name in ENTRIES
        },
        "uploads": {"upload": {**_ids("upload_id", world["upload"].pk), "number": "1"}},
        "notices": {"notice": _ids("notice_id", world["notice"].key) | {"act": "read"}},
        "tokens": {"token": _ids("token_id", world["token"].pk)},
        "imports": {"bundle_import": _ids("import_id", world["bundle_import"].pk)},
        "searches": {"saved_search": _ids("search_id", world["saved_search"].pk)},
        "webhooks": {
            "webhook": {
                "webhook_id": str(world["webhook"].pk),
                "delivery_id": str(world["delivery"].pk),
            }
        },
        "organisations": {
            "organisation": {
                "name": "fieldwork",
                "user": named("reader"),
                **_ids("invitation_id", world["membership_invitation"].pk),
                "token": Signer(salt=INVITATION_SALT).sign(
                    str(world["membership_invitation"].pk)
                ),
            }
        },
        "people": {"person": {"name": named("owner"), "person": named("owner")}},
        "collections": {
            name: {
                "namespace": world[name].namespace.name,
                "slug": world[name].slug,
                "item": str(world[name].items.get().pk),
            }
            for name in ("collection", "private_collection")
        },
        "sitemaps": {"sitemap": {"section": "datasets"}},
        "lessons": {"lesson": {"slug": LESSONS[0].slug}},
        "guides": {"guide": {"slug": GUIDES[0].slug}},
        "terms": {
            name: _ids("terms_id", world[name].pk)
            for name in ("own_terms", "offered_terms")
        },
        "licences": {"licence": _ids("licence_id", "CC-BY-4.0")},
    }


def _repository(world: World, name: str) -> dict[str, str]:
    repository = world[name]
    said = Event.objects.filter(discussion__repository=repository).first()
    return {
        "number": "1",
        "comment": str(said.pk if said else UUID(int=0)),
        "kind": repository.plural,
        "namespace": repository.namespace.name,
        "name": repository.name,
        "path": "data/rows.csv",
        "revision": "main",
        "row": "0",
        "oid": repository.commits.order_by("position").last().oid,
        "tag": "v1",
        "step": "files",
        "user": named("reader"),
        "person": named("reader"),
        "publisher_id": str(repository.trusted_publishers.get().pk),
    }


def _work(world: World, name: str) -> dict[str, str]:
    work = world[name].work
    share_set = work.share_sets.order_by("-proposed_at").first()
    return {
        **_ids("work_id", work.pk),
        "share_set_id": str(share_set.pk),
        "statement_id": str(world[f"{name}_statement"].pk),
        "source_id": str(world["dataset"].work.pk),
        "recall_id": str(world["recall"].pk),
    }


def hidden_words(world: World) -> list[str]:
    """Return what no page or answer for a stranger may hold."""
    orders = [
        world[each].number
        for each in ("waiting_order", "fulfilled_order", "settled_order", "invoice")
    ]
    keys = [world["private_collection"].key, world["discount"].code]
    return [SECRET, PAID, *orders, *keys, *(str(world[each].pk) for each in HIDDEN)]


def _ids(name: str, value: object) -> dict[str, str]:
    return {"id": str(value), name: str(value)}
