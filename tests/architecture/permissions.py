"""The one table of who may do what at which address. `test_permission_walk` holds the
site to it; a route that is not here fails.

A rule names a right: on things (`SEE`, `CHANGE`, …) it is held by whom `HOLDERS` says,
and what somebody may not `SEE` does not exist for them (404). `ANYONE`, `MEMBER` and
`STAFF` ask for no thing.
"""

from tests.world import EVERYONE

ANYONE, MEMBER, STAFF = "ANYONE", "MEMBER", "STAFF"
SEE, TAKE, CHANGE, MANAGE, OWN, LEAVE = (
    "SEE",
    "TAKE",
    "CHANGE",
    "MANAGE",
    "OWN",
    "LEAVE",
)
ACT, WRITE, AGREE, PRICE = "ACT", "WRITE", "AGREE", "PRICE"
RESTORE = "RESTORE"
JOIN, ENTER, ENTRANTS, HOST = "JOIN", "ENTER", "ENTRANTS", "HOST"
MEMBERS, ORDER, KNOW = "MEMBERS", "ORDER", "KNOW"

everyone = frozenset(EVERYONE)
members = everyone - {"anonymous"}
staff = {"staff"}
owner = {"owner"}
society = {"owner", "writer", "reader"}  # and shared with: viewer, editor
writers = {"owner", "writer"}
holders = {"owner", "partner"}

_open_work = {SEE: everyone, ACT: owner, WRITE: owner}
_hidden_work = {SEE: owner | staff, ACT: owner, WRITE: owner}
_live_offer = {SEE: everyone, ORDER: members, AGREE: holders, PRICE: set()}
_entry = {SEE: {"contestant", "host", "staff"}}

HOLDERS = {
    "datasets": {
        "dataset": {
            SEE: everyone,
            KNOW: members,
            TAKE: everyone,
            CHANGE: owner | staff,
            MANAGE: owner | staff,
            LEAVE: owner | staff | {"reader"},
        },
        "derived": {
            SEE: everyone,
            KNOW: members,
            TAKE: holders | {"buyer"},
            CHANGE: owner | staff,
            MANAGE: owner | staff,
            LEAVE: owner | staff | {"reader"},
        },
        "private_dataset": {
            SEE: society | staff,
            KNOW: society | staff,
            TAKE: society | staff,
            CHANGE: writers | staff,
            MANAGE: owner | staff,
            LEAVE: owner | staff | {"reader"},
        },
        "organisation_dataset": {
            SEE: society | staff,
            KNOW: society | staff,
            TAKE: society | staff,
            CHANGE: writers | staff,
            MANAGE: owner | staff,
            LEAVE: owner | staff | {"reader"},
        },
        "deleted": {
            **{right: set() for right in (SEE, KNOW, TAKE, CHANGE, MANAGE, LEAVE)},
            RESTORE: owner | staff,
        },
    },
    "models": {
        "private_model": {
            SEE: owner | staff,
            TAKE: owner | staff,
            CHANGE: owner | staff,
            MANAGE: owner | staff,
            LEAVE: owner | staff,
        },
    },
    "works": {
        "dataset": {**_open_work, AGREE: {"owner", "buyer"}},
        "derived": {**_open_work, AGREE: holders},
        "private_dataset": {**_hidden_work, SEE: society | staff, AGREE: owner},
        "organisation_dataset": {
            SEE: society | staff,
            ACT: owner,
            WRITE: writers,
            AGREE: owner,
        },
        "private_model": {**_hidden_work, AGREE: owner},
    },
    "offers": {
        "free_offer": _live_offer,
        "paid_offer": _live_offer,
        "team_offer": _live_offer,
        "draft_offer": {
            SEE: holders | staff,
            ORDER: holders | staff,
            AGREE: holders,
            PRICE: set(),
        },
    },
    "orders": {
        "waiting_order": {SEE: {"buyer", "staff"}, OWN: {"buyer"}},
        "fulfilled_order": {SEE: {"buyer", "staff"}, OWN: {"buyer"}},
    },
    "contests": {
        "contest": {
            SEE: everyone,
            KNOW: members,
            JOIN: members - {"host"},
            ENTER: {"contestant"},
            ENTRANTS: {"contestant", "host", "staff"},
            HOST: {"host", "staff"},
        },
        "private_contest": {
            SEE: society | staff,
            KNOW: society | staff,
            JOIN: {"reader", "staff"},
            ENTER: {"reader"},
            ENTRANTS: society | staff,
            HOST: writers | staff,
        },
    },
    "submissions": {
        "good": _entry,
        "bad": _entry,
        "waiting": _entry,
        "private_entry": {SEE: society | staff},
    },
    "runs": {
        "good": {SEE: {"contestant", "staff"}},
        "bad": {SEE: {"contestant", "staff"}},
        "waiting": {SEE: {"contestant", "staff"}},
        "private_entry": {SEE: {"reader", "staff"}},
    },
    "uploads": {"upload": {SEE: owner}},
    "tokens": {"token": {SEE: owner}},
    "organisations": {
        "organisation": {
            SEE: everyone,
            MEMBERS: society,
            MANAGE: owner,
            LEAVE: {"owner", "reader"},
        }
    },
    "people": {"person": {SEE: everyone}},
    "licences": {"licence": {SEE: everyone}},
    "lessons": {"lesson": {SEE: everyone}},
}

GET, POST, PUT, PATCH, DELETE = "GET", "POST", "PUT", "PATCH", "DELETE"
_repositories = {
    "": {GET: ANYONE, POST: MEMBER},
    "/<str:namespace>/<str:name>": {GET: SEE, PATCH: CHANGE, DELETE: MANAGE},
    "/<str:namespace>/<str:name>/restore": {POST: RESTORE},
    "/<str:namespace>/<str:name>/shares": {GET: MANAGE, PUT: MANAGE},
    "/<str:namespace>/<str:name>/shares/<str:person>": {DELETE: LEAVE},
    "/<str:namespace>/<str:name>/tree/<str:revision>": {GET: SEE},
    "/<str:namespace>/<str:name>/commits": {GET: SEE},
    "/<str:namespace>/<str:name>/tags": {GET: SEE, POST: CHANGE},
    "/<str:namespace>/<str:name>/tags/<str:tag>": {DELETE: CHANGE},
    "/<str:namespace>/<str:name>/files/<path:path>": {
        GET: TAKE,
        PUT: CHANGE,
        DELETE: CHANGE,
    },
}
API = {
    "account": {GET: MEMBER, PATCH: MEMBER},
    "people/<str:name>": {GET: SEE},
    "tokens": {GET: MEMBER, POST: MEMBER},
    "tokens/<uuid:token_id>": {DELETE: SEE},
    "organisations": {GET: MEMBER, POST: MEMBER},
    "organisations/<str:name>": {GET: SEE, PATCH: MANAGE},
    "organisations/<str:name>/members": {GET: MEMBERS},
    "organisations/<str:name>/members/<str:user>": {PUT: MANAGE, DELETE: LEAVE},
    "uploads": {POST: MEMBER},
    "uploads/<uuid:upload_id>": {GET: SEE, DELETE: SEE},
    "uploads/<uuid:upload_id>/parts/<int:number>": {PUT: SEE},
    "uploads/<uuid:upload_id>/complete": {POST: SEE},
    "licences": {GET: ANYONE},
    "licences/<str:licence_id>": {GET: SEE},
    "works/<uuid:work_id>": {GET: SEE},
    "works/<uuid:work_id>/offers": {GET: SEE, POST: ACT},
    "works/<uuid:work_id>/shares": {GET: SEE, POST: ACT},
    "works/<uuid:work_id>/shares/<uuid:share_set_id>/accept": {POST: AGREE},
    "works/<uuid:work_id>/sources": {POST: WRITE},
    "offers/<uuid:offer_id>": {GET: SEE},
    "offers/<uuid:offer_id>/accept": {POST: ORDER},
    "offers/<uuid:offer_id>/consent": {POST: AGREE},
    "offers/<uuid:offer_id>/withdraw": {POST: AGREE},
    "offers/<uuid:offer_id>/price": {POST: PRICE},
    "orders": {GET: MEMBER, POST: MEMBER},
    "orders/<slug:number>": {GET: SEE},
    "orders/<slug:number>/cancel": {POST: OWN},
    "orders/<slug:number>/confirm": {POST: STAFF},
    "orders/<slug:number>/reject": {POST: STAFF},
    "ledger/accounts": {GET: STAFF},
    "ledger/entries": {GET: STAFF},
    "earnings": {GET: MEMBER},
    "earnings/balances": {GET: MEMBER},
    **{f"datasets{path}": rule for path, rule in _repositories.items()},
    **{f"models{path}": rule for path, rule in _repositories.items()},
    "search": {GET: ANYONE},
    "contests": {GET: ANYONE, POST: MEMBER},
    "contests/<slug:slug>": {GET: SEE, PATCH: HOST},
    "contests/<slug:slug>/close": {POST: HOST},
    "contests/<slug:slug>/extend": {POST: HOST},
    "contests/<slug:slug>/join": {POST: JOIN},
    "contests/<slug:slug>/inputs": {GET: ENTRANTS},
    "contests/<slug:slug>/leaderboard": {GET: SEE},
    "contests/<slug:slug>/rescore": {GET: HOST, POST: HOST, DELETE: HOST},
    "contests/<slug:slug>/rescore/publish": {POST: HOST},
    "contests/<slug:slug>/submissions": {GET: KNOW, POST: ENTER},
    "contests/<slug:slug>/baselines": {POST: HOST},
    "submissions/<uuid:submission_id>": {GET: SEE},
    "submissions/<uuid:submission_id>/withdraw": {POST: SEE},
    "runs": {GET: MEMBER},
    "runs/<uuid:run_id>": {GET: SEE},
    "runs/<uuid:run_id>/cancel": {POST: SEE},
}
_pages_of_one = {
    "": {GET: SEE},
    "/restore": {GET: RESTORE, POST: RESTORE},
    "/tree/<str:revision>": {GET: SEE},
    "/tree/<str:revision>/<path:path>": {GET: SEE},
    "/blob/<str:revision>/<path:path>": {GET: SEE},
    "/raw/<str:revision>/<path:path>": {GET: TAKE},
    "/commits/<str:revision>": {GET: SEE},
    "/commit/<str:oid>": {GET: SEE},
    "/upload": {GET: CHANGE, POST: CHANGE},
    "/remove/<path:path>": {GET: CHANGE, POST: CHANGE},
    "/settings": {GET: CHANGE, POST: CHANGE},
    "/settings/visibility": {POST: MANAGE},
    "/settings/sharing": {POST: MANAGE},
    "/settings/sharing/<str:person>/remove": {POST: LEAVE},
    "/settings/archive": {POST: MANAGE},
    "/settings/delete": {POST: MANAGE},
}
PAGES = {
    **{
        f"{kind}/<str:namespace>/<str:name>{rest}": rights
        for kind in ("datasets", "models")
        for rest, rights in _pages_of_one.items()
    },
    "new": {GET: MEMBER, POST: MEMBER},
    "": {GET: ANYONE},
    "healthz": {GET: ANYONE},
    "readyz": {GET: ANYONE},
    "api/": {GET: ANYONE},
    "api/schema/": {GET: ANYONE},
    "search": {GET: ANYONE},
    "datasets": {GET: ANYONE},
    "models": {GET: ANYONE},
    "pricing": {GET: ANYONE},
    "learn": {GET: ANYONE},
    "learn/<slug:slug>": {GET: ANYONE},
    "licences": {GET: ANYONE},
    "licences/<str:id>": {GET: SEE},
    "robots.txt": {GET: ANYONE},
    "opensearch.xml": {GET: ANYONE},
    "favicon.ico": {GET: ANYONE},
    "people/<str:name>": {GET: SEE},
    "style": {GET: STAFF},
    "dashboard": {GET: MEMBER},
    "settings": {GET: MEMBER, POST: MEMBER},
    "settings/tokens": {GET: MEMBER, POST: MEMBER},
    "settings/tokens/<uuid:token_id>/revoke": {POST: SEE},
    "organisations": {GET: MEMBER},
    "organisations/new": {GET: MEMBER, POST: MEMBER},
    "organisations/<str:name>": {GET: SEE},
    "organisations/<str:name>/edit": {GET: MANAGE, POST: MANAGE},
    "organisations/<str:name>/members": {POST: MANAGE},
    "organisations/<str:name>/members/<str:user>/remove": {POST: LEAVE},
    "works/<uuid:work_id>": {GET: SEE},
    "works/<uuid:work_id>/offers/new": {GET: ACT, POST: ACT},
    "works/<uuid:work_id>/shares/new": {GET: ACT, POST: ACT},
    "works/<uuid:work_id>/shares/<uuid:share_set_id>/accept": {POST: AGREE},
    "works/<uuid:work_id>/shares/<uuid:share_set_id>/withdraw": {POST: AGREE},
    "works/<uuid:work_id>/sources/new": {GET: WRITE, POST: WRITE},
    "offers/<uuid:offer_id>": {GET: SEE, POST: ORDER},
    "offers/<uuid:offer_id>/consent": {POST: AGREE},
    "offers/<uuid:offer_id>/withdraw": {POST: AGREE},
    "orders": {GET: MEMBER},
    "orders/<slug:number>": {GET: SEE},
    "orders/<slug:number>/cancel": {POST: OWN},
    "orders/<slug:number>/receipt.json": {GET: SEE},
    "orders/<slug:number>/receipt.csv": {GET: SEE},
    "earnings": {GET: MEMBER},
    "earnings.csv": {GET: MEMBER},
    "operator": {GET: STAFF},
    "operator/transfers": {GET: STAFF},
    "operator/transfers/<slug:number>": {GET: STAFF, POST: STAFF},
    "operator/transfers/<slug:number>/reject": {GET: STAFF, POST: STAFF},
    "operator/ledger": {GET: STAFF},
    "operator/ledger.csv": {GET: STAFF},
    "operator/workers": {GET: STAFF},
    "operator/doctor": {GET: STAFF},
    "contests": {GET: ANYONE},
    "contests/new": {GET: MEMBER},
    "contests/new/<str:namespace>/<str:name>": {GET: KNOW, POST: KNOW},
    "contests/<slug:slug>": {GET: SEE},
    "contests/<slug:slug>/join": {POST: JOIN},
    "contests/<slug:slug>/inputs": {GET: ENTRANTS},
    "contests/<slug:slug>/leaderboard": {GET: SEE},
    "contests/<slug:slug>/leaderboard.csv": {GET: SEE},
    "contests/<slug:slug>/submit": {GET: ENTER, POST: ENTER},
    "contests/<slug:slug>/submissions": {GET: KNOW},
    "contests/<slug:slug>/host": {GET: HOST},
    "contests/<slug:slug>/edit": {GET: HOST, POST: HOST},
    "contests/<slug:slug>/extend": {GET: HOST, POST: HOST},
    "contests/<slug:slug>/baselines": {GET: HOST, POST: HOST},
    "contests/<slug:slug>/rescore": {GET: HOST, POST: HOST},
    "contests/<slug>/<act>": {POST: HOST},
    "submissions": {GET: MEMBER},
    "submissions/<uuid:submission_id>": {GET: SEE},
    "submissions/<uuid:submission_id>/withdraw": {POST: SEE},
    "runs/<uuid:run_id>": {GET: SEE},
    "runs/<uuid:run_id>/cancel": {POST: SEE},
}
KINDS = {  # of things, where the first segment does not say it
    "learn/": "lessons",
    "settings/": "tokens",
    "operator/": "orders",
    "contests/new/": "datasets",
}


def kind_of(route: str) -> str:
    """Return the kind of thing an address is about, as `HOLDERS` names it."""
    said = (kind for prefix, kind in KINDS.items() if route.startswith(prefix))
    return next(said, route.partition("/")[0])
