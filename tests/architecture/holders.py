"""The rights there are, and who of everyone holds which on which thing.

What somebody may not `SEE` does not exist for them (404). `ANYONE`, `MEMBER` and `STAFF`
ask for no thing.
"""

from tests.world import EVERYONE

ANYONE, MEMBER, STAFF = "ANYONE", "MEMBER", "STAFF"
NOBODY = "NOBODY"  # of people: a worker with a token of its own
EDIT = "EDIT"  # a text of it: to change it, and to have what it holds
SEE, TAKE, CHANGE, MANAGE, OWN, LEAVE = (
    "SEE",
    "TAKE",
    "CHANGE",
    "MANAGE",
    "OWN",
    "LEAVE",
)
ACT, WRITE, AGREE, PRICE = "ACT", "WRITE", "AGREE", "PRICE"
CONFIRM, RETRACT, CLOSE = "CONFIRM", "RETRACT", "CLOSE"
RECALL, LIFT, UNSOURCE = "RECALL", "LIFT", "UNSOURCE"
RESTORE, MOVE = "RESTORE", "MOVE"
STEER, WORD, CURATE = "STEER", "WORD", "CURATE"
JOIN, ENTER, ENTRANTS, HOST = "JOIN", "ENTER", "ENTRANTS", "HOST"
FUND, INVITEE, CAPTAIN, LEAD = "FUND", "INVITEE", "CAPTAIN", "LEAD"
MEMBERS, ORDER, KNOW = "MEMBERS", "ORDER", "KNOW"

everyone = frozenset(EVERYONE)
members = everyone - {"anonymous"}
staff = {"staff"}
owner = {"owner"}
society = {"owner", "writer", "reader"}  # and shared with: viewer, editor
writers = {"owner", "writer"}
holders = {"owner", "partner"}

_stated = {CONFIRM: owner, RETRACT: owner, RECALL: owner | staff}
_open_work = {SEE: everyone, KNOW: members, ACT: owner, WRITE: owner, **_stated}
_hidden_work = {
    SEE: owner | staff,
    KNOW: owner | staff,
    ACT: owner,
    WRITE: owner,
    **_stated,
}
_live_offer = {
    SEE: everyone,
    ORDER: members,
    ACT: owner,
    AGREE: holders,
    PRICE: set(),
}
team = {"contestant", "mate"}
_entry = {SEE: team | {"host", "staff"}, HOST: {"host", "staff"}}

HOLDERS = {
    "datasets": {
        "dataset": {
            STEER: owner | staff | {"stranger"},
            WORD: {"stranger"},
            SEE: everyone,
            KNOW: members,
            TAKE: everyone,
            CHANGE: owner | staff,
            EDIT: owner | staff,
            MANAGE: owner | staff,
            MOVE: owner,
            LEAVE: owner | staff | {"reader"},
        },
        "derived": {
            STEER: owner | staff,
            WORD: owner,
            SEE: everyone,
            KNOW: members,
            TAKE: holders | {"buyer"},
            CHANGE: owner | staff,
            EDIT: owner,
            MANAGE: owner | staff,
            MOVE: owner,
            LEAVE: owner | staff | {"reader"},
        },
        "private_dataset": {
            STEER: writers | staff | {"reader"},
            WORD: {"reader"},
            SEE: society | staff,
            KNOW: society | staff,
            TAKE: society | staff,
            CHANGE: writers | staff,
            EDIT: writers | staff,
            MANAGE: owner | staff,
            MOVE: owner,
            LEAVE: owner | staff | {"reader"},
        },
        "organisation_dataset": {
            STEER: writers | staff,
            WORD: owner,
            SEE: society | staff,
            KNOW: society | staff,
            TAKE: society | staff,
            CHANGE: writers | staff,
            EDIT: writers | staff,
            MANAGE: owner | staff,
            MOVE: owner,
            LEAVE: owner | staff | {"reader"},
        },
        "deleted": {
            **{
                right: set()
                for right in (
                    SEE,
                    KNOW,
                    STEER,
                    WORD,
                    TAKE,
                    CHANGE,
                    EDIT,
                    MANAGE,
                    MOVE,
                    LEAVE,
                )
            },
            RESTORE: owner | staff,
        },
    },
    "models": {
        "private_model": {
            STEER: owner | staff,
            WORD: owner,
            SEE: owner | staff,
            KNOW: owner | staff,
            TAKE: owner | staff,
            CHANGE: owner | staff,
            EDIT: owner | staff,
            MANAGE: owner | staff,
            MOVE: owner,
            LEAVE: owner | staff,
        },
    },
    "model-reports": {"model_report": {SEE: owner | staff, MANAGE: staff}},
    "works": {
        "dataset": {**_open_work, AGREE: {"owner", "buyer"}},
        "derived": {
            **_open_work,
            AGREE: holders,
            CONFIRM: {"partner"},
            RETRACT: holders,
            UNSOURCE: owner,
        },
        "private_dataset": {
            **_hidden_work,
            SEE: society | staff,
            KNOW: society | staff,
            AGREE: owner,
            LIFT: owner,
        },
        "organisation_dataset": {
            SEE: society | staff,
            KNOW: society | staff,
            ACT: owner,
            WRITE: writers,
            AGREE: owner,
            **_stated,
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
            ACT: owner,
            AGREE: holders,
            PRICE: set(),
        },
        "private_offer": {
            SEE: holders | staff | {"buyer"},
            ORDER: holders | staff | {"buyer"},
            ACT: owner,
            AGREE: holders,
            PRICE: set(),
        },
    },
    "handovers": {
        "handover": {SEE: holders | staff, CONFIRM: {"partner"}, CLOSE: holders}
    },
    "reports": {"report": {SEE: {"stranger", "staff"}}},
    "takedowns": {"takedown": {SEE: everyone, MANAGE: owner | staff}},
    "acceptances": {"acceptance": {SEE: {"buyer"}}},
    "orders": {
        "waiting_order": {SEE: {"buyer", "staff"}, OWN: {"buyer"}},
        "fulfilled_order": {SEE: {"buyer", "staff"}, OWN: {"buyer"}},
    },
    "invoices": {"invoice": {SEE: {"buyer", "staff"}}},
    "refunds": {"refund": {SEE: staff}},
    "disputes": {"dispute": {SEE: staff}},
    "payouts": {"payout": {SEE: staff}},
    "payees": {"partner": {SEE: {"partner"}}},
    "discounts": {"discount": {SEE: staff, MANAGE: staff}},
    "subscriptions": {"subscription": {SEE: {"buyer"}, OWN: {"buyer"}}},
    "contests": {
        "contest": {
            SEE: everyone,
            KNOW: members,
            JOIN: members - {"host"},
            ENTER: team,
            ENTRANTS: team | {"host", "staff"},
            HOST: {"host", "staff"},
            FUND: {"host"},
            INVITEE: {"stranger"},
            CAPTAIN: {"contestant"},
            LEAD: {"contestant"},
            WORD: {"stranger"},
            STEER: {"stranger", "host", "staff"},
        },
        "private_contest": {
            SEE: society | staff,
            KNOW: society | staff,
            JOIN: {"reader", "staff"},
            ENTER: {"reader"},
            LEAD: {"reader"},
            ENTRANTS: society | staff,
            HOST: writers | staff,
            FUND: owner,
            WORD: {"reader"},
            STEER: society | staff,
        },
    },
    "drafts": {"draft": {SEE: {"host"}}},
    "projects": {"project": {SEE: {"host"}}},
    "embed": {"private_model": {SEE: set()}},  # a page in a frame knows nobody
    "predictions": {"prediction": {SEE: {"owner"}}},
    "jobs": {"job": {SEE: {"host"}}},
    "calendars": {"calendar": {SEE: everyone}},
    "prizes": {"prize": {SEE: {"contestant"}}},
    "purses": {"purse": {SEE: staff}},
    "budgets": {"budget": {SEE: owner}},
    "prepaid": {"budget": {SEE: staff}},
    "submissions": {
        "good": _entry,
        "bad": _entry,
        "waiting": _entry,
        "private_entry": {SEE: society | staff, HOST: writers | staff},
    },
    "runs": {
        "good": {SEE: {"contestant", "staff"}},
        "bad": {SEE: {"contestant", "staff"}},
        "waiting": {SEE: {"contestant", "staff"}},
        "private_entry": {SEE: {"reader", "staff"}},
    },
    "imports": {"bundle_import": {SEE: owner | staff}},
    "uploads": {"upload": {SEE: owner}},
    "notices": {"notice": {SEE: owner}},
    "tokens": {"token": {SEE: owner}},
    "webhooks": {"webhook": {SEE: owner}},
    "searches": {"saved_search": {SEE: owner}},
    "organisations": {
        "organisation": {
            SEE: everyone,
            KNOW: members,  # whoever has the letter
            MEMBERS: society,
            MANAGE: owner,
            LEAVE: {"owner", "reader"},
        }
    },
    "people": {"person": {SEE: everyone}},
    "collections": {
        "collection": {SEE: everyone, CURATE: owner},
        "private_collection": {
            SEE: {"owner", "writer", "reader", "staff"},
            CURATE: writers,
        },
    },
    "licences": {"licence": {SEE: everyone}},
    "terms": {
        "own_terms": {SEE: owner | staff, ACT: owner},
        "offered_terms": {SEE: everyone, ACT: owner},
    },
    "lessons": {"lesson": {SEE: everyone}},
    "guides": {"guide": {SEE: everyone}},
    "sitemaps": {"sitemap": {SEE: everyone}},
}
