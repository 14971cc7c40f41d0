"""What a well-formed request carries, where an empty one would be refused as malformed
before anyone asks who may."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.world import named
from tests.world.contests import INPUTS, PREDICTIONS, TRUTH

THREAD = "contests/<slug:slug>/discussions/<uuid:thread_id>"
ME = "the name of who asks"


def api_bodies(world):
    """Return bodies by method and route; one with a file goes as a form."""
    text = world["paid_offer"].terms.licence_text_id
    later = (world.at + timedelta(days=90)).isoformat()
    share = {"shares": [{"holder": named("owner"), "basis_points": 10_000}]}
    offer = {
        "code": "another",
        "title": "Another",
        "audience": "COMMERCE",
        "licence": "LicenseRef-Stoa-Commercial-1.0",
        "price": {"minor": 100, "currency": "EUR"},
    }
    terms = {key: offer[key] for key in ("title", "audience", "licence")}
    repository = {"namespace": ME, "name": "another"}
    tag, shared = {"name": "v9"}, {"user": named("stranger"), "role": "VIEWER"}
    publisher = {"issuer": "https://ci.example", "subject": "repo:mx-owner/it:*"}
    made = {
        "POST tokens": {"label": "one more", "scopes": ["read"]},
        "PATCH notices/<uuid:notice_id>": {"is_read": True},
        "PUT notices/choices": {"by_letter": [], "in_inbox": ["TALK"]},
        "POST searches": {"name": "Another", "place": "MODELS", "query": "q=wings"},
        "PATCH searches/<uuid:search_id>": {"is_told": False},
        "POST organisations": {"name": "guild", "title": "A guild"},
        "PUT organisations/<str:name>/members/<str:user>": {"role": "READER"},
        "POST organisations/<str:name>/invitations": {
            "address": "another@example.org",
            "role": "READER",
        },
        "POST uploads": {"sha256": "0" * 64, "size_bytes": 1},
        "PUT uploads/<uuid:upload_id>/parts/<int:number>": b"x",
        "POST licences/verdict": {
            "scenario": "adapt",
            "inputs": ["CC-BY-4.0"],
            "outbound": "CC-BY-4.0",
        },
        "POST terms": {"owner": ME, "title": "For teaching"},
        "POST terms/<uuid:terms_id>": {"title": "For teaching again"},
        "POST works/<uuid:work_id>/terms": {"licence_sha256": text},
        "PATCH works/<uuid:work_id>/terms": {"asks_acceptance": False},
        "POST works/<uuid:work_id>/offers": offer,
        "POST works/<uuid:work_id>/shares": share,
        "POST works/<uuid:work_id>/sources": {
            "source": str(world["dataset"].work.pk),
            "relation": "COPY",
        },
        "POST works/<uuid:work_id>/sources/<uuid:source_id>/withdraw": {
            "reason": "It was another."
        },
        "PUT works/<uuid:work_id>/licence": {"licence": "CC-BY-4.0"},
        "POST works/<uuid:work_id>/decisions": {
            "licence": "MIT",
            "decision": "We asked.",
        },
        "POST works/<uuid:work_id>/recalls": {
            "kind": "DISPUTED",
            "reason": "It is another's.",
        },
        "POST works/<uuid:work_id>/recalls/<uuid:recall_id>/lift": {
            "reason": "It is ours."
        },
        "POST works/<uuid:work_id>/contributions": {
            "party": {"name": named("host")},
            "role": "FUNDED",
        },
        "POST works/<uuid:work_id>/holdings": {
            "party": {"name": "An archive", "description": "Of birds"},
            "right": "DATABASE",
            "basis": "Sui generis",
        },
        "PUT works/<uuid:work_id>/disclosures": {
            "disclosures": [{"kind": "SHARES", "audience": "BUYERS"}]
        },
        "POST works/<uuid:work_id>/procurement": {
            "personal_data": "NONE",
            "answers": {"how": "By ear"},
        },
        "POST works/<uuid:work_id>/handovers": {"to": named("host")},
        "POST reports/<uuid:report_id>/decide": {"outcome": "DISMISS", "reason": "No."},
        "POST takedowns/<uuid:takedown_id>/counter-notice": {"statement": "Mine."},
        "POST takedowns/<uuid:takedown_id>/decide": {
            "outcome": "REINSTATE",
            "reason": "Theirs.",
        },
        "POST offers/<uuid:offer_id>/terms": terms,
        "POST orders/<slug:number>/seats": {"user": ME},
        "POST orders/<slug:number>/seats/free": {"user": ME},
        "POST offers/<uuid:offer_id>/accept": {"licence_sha256": text},
        "POST offers/<uuid:offer_id>/price": {"minor": 1, "currency": "EUR"},
        "POST offers/<uuid:offer_id>/policies": {
            "rule": "PRICED",
            "notice_days": 0,
            "price": {"minor": 1, "currency": "EUR"},
        },
        "PUT billing": {"name": "A buyer", "country": "FR"},
        "PUT cart": {"offers": [str(world["free_offer"].pk)]},
        "POST discounts": {"code": "EVERYBODY", "issuer": ME, "percent_bps": 100},
        "POST orders": {"offers": [str(world["free_offer"].pk)]},
        "POST orders/<slug:number>/confirm": {
            "bank_reference": "RF 1",
            "amount_minor": 1,
            "received_on": world.at.date().isoformat(),
        },
        "POST orders/<slug:number>/reject": {"reason": "No money came."},
        "POST orders/<slug:number>/refund": {
            "key": "walked again",
            "amount_minor": 1,
            "reason": "It was late.",
            "revokes": False,
        },
        "POST orders/<slug:number>/return": {"amount_minor": 1, "reference": "RT 1"},
        "POST orders/<slug:number>/dispute": {
            "reference": "case 2",
            "amount_minor": 1,
            "reason": "It never came.",
        },
        "POST refunds/<uuid:refund_id>/sent": {"reference": "RT 2"},
        "POST disputes/<uuid:dispute_id>/close": {"won": True},
        "POST payouts": {
            "party": str(world["partner"].party.pk),
            "amount_minor": 1,
            "currency": "EUR",
            "bank_reference": "OUT 2",
        },
        "POST payouts/<uuid:payout_id>/failed": {"reason": "No such account."},
        "POST contests": {
            "namespace": ME,
            "dataset": f"{named('owner')}/birds",
            "slug": "second-cup",
            "title": "Second cup",
            "task": "BINARY",
            "metric": "log_loss",
            "formats": ["PREDICTIONS"],
            "starts_at": world.at.isoformat(),
            "ends_at": later,
            "truth": TRUTH,
        },
        "POST jobs": {"name": "Another", "content": "print(1)"},
        "PUT jobs/<uuid:job_id>/schedule": {"is_paused": True},
        "POST jobs/<uuid:job_id>/runs/<int:number>/publish": {
            **repository,
            "kind": "DATASET",
        },
        "PATCH contests/<slug:slug>": {"title": "Another"},
        "POST contests/<slug:slug>/extend": {"ends_at": later},
        "POST contests/<slug:slug>/join": {
            "rules_sha256": world["contest"].rules_sha256
        },
        "POST contests/<slug:slug>/workers": {"name": "lab"},
        "PATCH lanes": {"name": "contest:bird-cup", "weight": 2},
        "POST contests/<slug:slug>/announcements": {"title": "News", "text": "None."},
        "POST contests/<slug:slug>/pages": {"title": "Metrics", "text": "One."},
        "PUT contests/<slug:slug>/pages/<slug:page>": {"title": "Data", "text": "2."},
        "POST contests/<slug:slug>/kits": {"file": b"begin"},
        "POST contests/<slug:slug>/discussions": {"title": "Why", "text": "How?"},
        f"POST {THREAD}/posts": {"text": "So."},
        f"PATCH {THREAD}": {"is_pinned": True},
        f"PATCH {THREAD}/posts/<uuid:post_id>": {"text": "Another."},
        f"POST {THREAD}/posts/<uuid:post_id>/hide": {"why": "It was a guess."},
        "POST contests/<slug:slug>/clone": {
            "slug": "third-cup",
            "title": "Third cup",
            "starts_at": world.at.isoformat(),
        },
        "POST contests/<slug:slug>/phases": {
            "name": "Another phase",
            "starts_at": world.at.isoformat(),
        },
        "PUT contests/<slug:slug>/phases/<int:number>": {
            "name": "Another phase",
            "starts_at": world.at.isoformat(),
        },
        "PUT contests/<slug:slug>/phases/<int:number>/truth": {
            "truth": TRUTH,
            "inputs": INPUTS,
        },
        "PUT contests/<slug:slug>/registration": {
            "registration": "OPEN",
            "max_team_size": 3,
        },
        "POST contests/<slug:slug>/entry-requests": {
            "rules_sha256": world["contest"].rules_sha256
        },
        "PUT contests/<slug:slug>/entry-requests/<str:name>": {"accepts": True},
        "POST contests/<slug:slug>/invitations": {"days": 7},
        "PATCH contests/<slug:slug>/team": {"name": "The owls"},
        "POST contests/<slug:slug>/team/captain": {"name": named("stranger")},
        "POST contests/<slug:slug>/proposals": {"person": named("buyer")},
        "PUT contests/<slug:slug>/references": {"references": []},
        "PUT contests/<slug:slug>/columns": {"ranking": "SCORE", "columns": []},
        "PUT contests/<slug:slug>/subgroups": {"column": "label"},
        "POST contests/<slug:slug>/rescore": {"truth": TRUTH},
        "POST contests/<slug:slug>/sites": {
            "site": 1,
            "truth_sha256": "a" * 64,
            "row_count": 4,
        },
        "POST federated-contests": {
            "namespace": ME,
            "dataset": f"{named('owner')}/birds",
            "slug": "cup-that-stays",
            "title": "A cup that stays",
            "task": "BINARY",
            "metric": "log_loss",
            "classes": ["a", "b"],
            "formats": ["CODE"],
            "starts_at": world.at.isoformat(),
            "sites": [
                {
                    "name": "North",
                    "truth_sha256": "a" * 64,
                    "inputs_sha256": "b" * 64,
                    "row_count": 4,
                }
            ],
        },
        "POST imports": {"namespace": ME, "slug": "another-cup", "file": TRUTH},
        "POST contests/<slug:slug>/disqualify": {"name": "nobody", "reason": "A bot."},
        "POST contests/<slug:slug>/purse": {"currency": "EUR", "amounts": [20_000]},
        "POST contests/<slug:slug>/purse/return": {"reason": "It is called off."},
        "PUT budgets/<str:namespace>": {"limit_minor": 5_000},
        "POST purses/<slug:number>/return": {"reason": "It is called off."},
        "POST purses/<slug:number>/confirm": {
            "bank_reference": "RF10",
            "amount_minor": 1,
            "received_on": "2026-01-01",
        },
        "POST contests/<slug:slug>/submissions": {
            "format": "PREDICTIONS",
            "file": PREDICTIONS + b"# again\n",
        },
        "POST contests/<slug:slug>/baselines": {
            "name": "Half",
            "format": "PREDICTIONS",
            "file": PREDICTIONS + b"# half\n",
        },
    }
    for kind in ("datasets", "models"):
        one = f"{kind}/<str:namespace>/<str:name>"
        made |= {
            f"POST {kind}": repository,
            f"PATCH {one}": {"summary": "Another."},
            f"POST {one}/move": {"namespace": ME, "name": "elsewhere"},
            f"PUT {one}/access-requests/<str:person>": {"state": "ACCEPTED"},
            f"POST {one}/access-requests": {
                "state": "ACCEPTED",
                "matching": {"state": "PENDING"},
            },
            f"PUT {one}/shares": shared,
            f"POST {one}/publishers": publisher,
            f"POST {one}/reports": {"ground": "OTHER", "statement": "It is odd."},
            f"POST {one}/tags": tag,
            f"PUT {one}/files/<path:path>": b"id\n1\n",
        }
    return made


def page_bodies():
    """Return forms by route, where an empty one is sent back before anyone asks."""
    return {
        "organisations/<str:name>/members": {
            "name": named("stranger"),
            "role": "READER",
        },
        "learn/<slug:slug>": {"question": "1", "choice": "a"},
        "contests/<slug:slug>/purse": {
            "currency": "EUR",
            "amounts": "200",
            "passing": "NEXT",
            "answer_days": "365",
        },
        "contests/<slug:slug>/purse/return": {"reason": "It is called off."},
    }


def as_sent(body, *, who):
    """Return the arguments with which Django's test client sends a body."""
    if isinstance(body, bytes):
        return {"data": body, "content_type": "application/octet-stream"}
    body = {key: named(who) if value == ME else value for key, value in body.items()}
    files = {
        name: SimpleUploadedFile(f"{name}.csv", value)
        for name, value in body.items()
        if isinstance(value, bytes)
    }
    if files:
        return {"data": {**body, **files}, "format": "multipart"}
    return {"data": body, "format": "json"}
