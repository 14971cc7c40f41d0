"""The table of who may do what over the protocol of Hugging Face's clients.

As `permissions.API` is for our own API: a right by route and method. A route of the hub
that is not here fails `test_hub_walk`. What fills parameters beyond `tests.world.places`
is in `FILLED`; what a well-formed request carries is in `bodies`.
"""

import json
import uuid
from urllib.parse import urlencode

from tests.architecture.addresses import PARAMETER, parameters_of
from tests.architecture.holders import (
    ANYONE,
    CHANGE,
    CURATE,
    KNOW,
    MANAGE,
    MEMBER,
    MEMBERS,
    SEE,
    STEER,
    TAKE,
    WORD,
)
from tests.architecture.permissions import (
    DELETE,
    GET,
    PATCH,
    POST,
    PUT,
)
from tests.architecture.requests import ME
from tests.world import named, places

CACHE = "cas/<str:person>/<int:generation>"
TALK = "/{one}/discussions/<int:number>"
LIST = "api/collections/<str:namespace>/<str:slug>"
ABSENT = "ABSENT"  # there is nothing, whoever asks
SIGNED = "SIGNED"  # the address is the permission, and nothing else is
ANY_METHOD = dict.fromkeys((GET, POST, PUT, PATCH, DELETE), ANYONE)
NOTHING = dict.fromkeys(ANY_METHOD, ABSENT)


VIEWER = {  # what each asks beside the dataset, its config and its split
    "is-valid": {},
    "splits": {},
    "first-rows": {},
    "rows": {},
    "search": {"query": "1"},
    "filter": {"where": "length > 1"},
    "parquet": {},
    "info": {},
    "size": {},
    "statistics": {},
    "selection": {},
    "asset": {"row": 1, "column": "picture"},
}


def both(rules):
    """Return the rules for datasets and for models; `{one}` is a repository."""
    one = "<str:namespace>/<str:name>"
    return {
        f"api/{kind}{path.format(one=one)}": rule
        for kind in ("datasets", "models")
        for path, rule in rules.items()
    }


HUB = {
    # identity
    "api/whoami-v2": {GET: MEMBER},
    "api/agent-harnesses": {GET: ANYONE},
    # signing in
    "oauth/device": {POST: ANYONE},
    "oauth/token": {POST: ANYONE},
    # files and versions
    "datasets/<str:namespace>/<str:name>/resolve/<path:rest>": {GET: TAKE},
    "<str:namespace>/<str:name>/resolve/<path:rest>": {GET: TAKE},
    **both(
        {
            "/{one}/tree/<path:rest>": {GET: SEE},
            "/{one}/paths-info/<path:rest>": {POST: SEE},
            "/{one}/refs": {GET: SEE},
            "/{one}/commits/<path:rest>": {GET: SEE},
        }
    ),
    **both(
        {
            "": {GET: ANYONE},
            "/{one}": {GET: SEE},
            "/{one}/revision/<path:rest>": {GET: SEE},
            "/<str:name>": NOTHING,
        }
    ),
    "<str:name>/resolve/<path:rest>": NOTHING,
    "api/datasets/<str:namespace>/<str:name>/croissant": {GET: SEE},
    "api/datasets/<str:namespace>/<str:name>/leaderboard": {GET: SEE},
    # tables
    **{f"viewer/{name}": {GET: TAKE} for name in VIEWER},
    "api/datasets/<str:namespace>/<str:name>/parquet": {GET: TAKE},
    "api/datasets/<str:namespace>/<str:name>/parquet/<path:config>/<str:split>"
    "/<int:number>.parquet": {GET: TAKE},
    "api/validate-yaml": {POST: ANYONE},
    # people
    "api/users/<str:person>/overview": {GET: SEE},
    "api/organizations/<str:organisation>/overview": {GET: SEE},
    "api/organizations/<str:organisation>/members": {GET: MEMBERS},
    # what is written
    "api/repos/create": {POST: MEMBER},
    "api/repos/delete": {DELETE: MEMBER},
    "api/repos/move": {POST: MEMBER},
    **both(
        {
            "/{one}/settings": {PUT: MANAGE},
            "/{one}/branch/<path:branch>": {POST: CHANGE, DELETE: CHANGE},
            "/{one}/tag/<path:revision>": {POST: CHANGE, DELETE: CHANGE},
            "/{one}/super-squash/<path:branch>": {POST: CHANGE},
            "/{one}/preupload/<path:revision>": {POST: CHANGE},
            "/{one}/commit/<path:revision>": {POST: CHANGE},
            "/{one}/lfs-files": {GET: CHANGE},
            "/{one}/lfs-files/batch": {POST: CHANGE},
            "/{one}/lfs-files/duplicate": {POST: TAKE},
        }
    ),
    "datasets/<str:namespace>/<str:name>.git/info/lfs/objects/batch": {POST: KNOW},
    "datasets/<str:namespace>/<str:name>.git/info/lfs/objects/verify": {POST: KNOW},
    "<str:namespace>/<str:name>.git/info/lfs/objects/batch": {POST: KNOW},
    "<str:namespace>/<str:name>.git/info/lfs/objects/verify": {POST: KNOW},
    "lfs/objects/<str:sha256>": {PUT: SIGNED},
    "lfs/uploads/<uuid:upload_id>": {POST: SIGNED},
    "lfs/uploads/<uuid:upload_id>/<int:number>": {PUT: SIGNED},
    # webhooks
    "api/settings/webhooks": {GET: MEMBER, POST: MEMBER},
    "api/settings/webhooks/<str:webhook_id>": {GET: SEE, POST: SEE, DELETE: SEE},
    "api/settings/webhooks/<str:webhook_id>/enable": {POST: SEE},
    "api/settings/webhooks/<str:webhook_id>/disable": {POST: SEE},
    # xet
    **both({"/{one}/xet-read-token/<path:revision>": {GET: TAKE}}),
    **both({"/{one}/xet-write-token/<path:revision>": {GET: CHANGE}}),
    f"{CACHE}/v1/xorbs/default/<str:xorb>": {POST: SIGNED},
    f"{CACHE}/v1/shards": {POST: SIGNED},
    f"{CACHE}/v2/shards": {POST: SIGNED},
    f"{CACHE}/v1/reconstructions/<str:file>": {GET: SIGNED},
    f"{CACHE}/v2/reconstructions/<str:file>": {GET: SIGNED},
    "cas/blocks/<str:sha256>/<int:number>": {GET: SIGNED},
    "cas/<path:rest>": {GET: ANYONE, POST: ANYONE},
    "v1/telemetry": {POST: ANYONE},
    # access
    **both({"/{one}/auth-check": {GET: TAKE}}),
    **both({"/{one}/auth-check/write": {GET: CHANGE}}),
    **both(
        {
            f"/{{one}}/user-access-request/{state}": {GET: MANAGE}
            for state in ("pending", "accepted", "rejected")
        }
    ),
    **both(
        {
            "/{one}/user-access-request/handle": {POST: MANAGE},
            "/{one}/user-access-request/grant": {POST: MANAGE},
            "/{one}/user-access-request/cancel": {POST: KNOW},
        }
    ),
    "datasets/<str:namespace>/<str:name>/ask-access": {POST: KNOW},
    "<str:namespace>/<str:name>/ask-access": {POST: KNOW},
    # likes, discussions, collections
    "api/users/<str:person>/likes": {GET: SEE},
    **both(
        {
            "/{one}/like": {POST: KNOW, DELETE: KNOW},
            "/{one}/likers": {GET: SEE},
            "/{one}/discussions": {GET: SEE, POST: KNOW},
            TALK: {GET: SEE},
            f"{TALK}/comment": {POST: KNOW},
            f"{TALK}/comment/<str:comment>/edit": {POST: WORD},
            f"{TALK}/comment/<str:comment>/hide": {POST: STEER},
            f"{TALK}/title": {POST: STEER},
            f"{TALK}/status": {POST: STEER},
            f"{TALK}/merge": {POST: CHANGE},
        }
    ),
    "api/collections": {GET: ANYONE, POST: MEMBER},
    LIST: {GET: SEE, PATCH: CURATE, DELETE: CURATE},
    f"{LIST}/items": {POST: CURATE},
    f"{LIST}/items/<str:item>": {PATCH: CURATE, DELETE: CURATE},
    # what is not spoken
    "api/spaces": ANY_METHOD,
    "api/spaces/<path:rest>": ANY_METHOD,
    "spaces/<path:rest>": ANY_METHOD,
    "buckets/<path:rest>": ANY_METHOD,
    "kernels/<path:rest>": ANY_METHOD,
    "papers/<path:rest>": ANY_METHOD,
    "api/<elsewhere:rest>": ANY_METHOD,
}
FILLED = {  # parameters by name
    "branch": "dev",
    "revision": "main",
    "person": "ada",
    "generation": "1",
    "config": "default",
    "split": "train",
    "xorb": "0" * 64,
    "file": "0" * 64,
    "sha256": "0" * 64,
    "upload_id": str(uuid.UUID(int=1)),
    "number": "1",
    "rest": "main/data/rows.csv",
    "organisation": "fieldwork",
    "name": "birds",
}
REVISIONS = ("/tree/", "/commits/", "/paths-info/", "/revision/")  # and no path
KINDS = {  # of things, where the segment after `api/` does not say it
    "api/repos": "nothing",
    "lfs/": "nothing",
    "cas/": "nothing",
    "v1/": "nothing",
    "api/settings/webhooks/": "webhooks",
    "viewer/": "datasets",
    "api/spaces": "nothing",
    "spaces/": "nothing",
    "buckets/": "nothing",
    "kernels/": "nothing",
    "papers/": "nothing",
    "api/<elsewhere": "nothing",
    "<str:namespace>/": "models",
    "api/users/": "people",
    "api/organizations/": "organisations",
    "api/datasets/<str:name>": "nothing",
    "api/models/<str:name>": "nothing",
    "<str:name>/": "nothing",
}


def bodies(world):
    """Return bodies by method and route, for what would be refused as malformed."""
    del world
    return {
        "POST oauth/device": {"client_id": "hf"},
        "POST api/repos/create": {"name": "another", "type": "dataset"},
        **_writing(),
        "POST api/collections": {"title": "More birds", "namespace": ME},
        f"PATCH {LIST}": {"title": "Fewer birds"},
        f"PATCH {LIST}/items/<str:item>": {"note": "Seen twice."},
        f"POST {LIST}/items": {
            "item": {"type": "dataset", "id": f"{named('owner')}/bird-lengths"}
        },
        **_said("", {"title": "Wings", "description": "And wings?"}),
        **_said("/<int:number>/comment", {"comment": "And wings?"}),
        **_said("/<int:number>/comment/<str:comment>/edit", {"content": "Wings!"}),
        **_said("/<int:number>/title", {"title": "Wings"}),
        **_said("/<int:number>/status", {"status": "closed"}),
        **{
            f"POST api/{kind}/<str:namespace>/<str:name>/paths-info/<path:rest>": {
                "paths": ["data/rows.csv"]
            }
            for kind in ("datasets", "models")
        },
    }


def _said(rest, body):
    """Return what is posted to discussions of both kinds of repository."""
    one = f"<str:namespace>/<str:name>/discussions{rest}"
    return {f"POST api/{kind}/{one}": body for kind in ("datasets", "models")}


def _writing():
    sent = {"oid": "0" * 64, "size": 1}
    lines = [
        {"key": "header", "value": {"summary": "Add"}},
        {"key": "file", "value": {"path": "added.txt", "content": "eA=="}},
    ]
    made = {
        "PUT {one}/settings": {"private": True},
        "POST {one}/tag/<path:revision>": {"tag": "v9"},
        "POST {one}/preupload/<path:revision>": {"files": [{"path": "a", "size": 1}]},
        "POST {one}/commit/<path:revision>": "\n".join(map(json.dumps, lines)).encode(),
        "POST {one}/lfs-files/batch": {"deletions": {"sha": []}},
        "POST {one}/lfs-files/duplicate": {"target": {"name": "a/b"}, "files": []},
    }
    kinds = ("api/datasets/", "api/models/")
    one = "<str:namespace>/<str:name>"
    return {
        **{
            where.format(one=f"{kind}{one}"): body
            for where, body in made.items()
            for kind in kinds
        },
        **{
            f"POST {prefix}{one}.git/info/lfs/objects/{rest}": body
            for prefix in ("datasets/", "")
            for rest, body in (
                ("batch", {"operation": "upload", "objects": [sent]}),
                ("verify", sent),
            )
        },
    }


def kind_of(route):
    """Return the kind of thing an address is about, as `HOLDERS` names it."""
    said = (kind for prefix, kind in KINDS.items() if route.startswith(prefix))
    return next(said, route.removeprefix("api/").partition("/")[0])


def path_of(route, thing, world):
    """Return the path of a route for one thing of the world."""
    known = places(world).get(kind_of(route), {}).get(thing, {})
    values = {**FILLED, **known}
    if any(part in route for part in REVISIONS):
        values["rest"] = "main"
    if route.endswith(".parquet"):
        values["number"] = "0"
    if route.startswith("viewer/"):
        return f"/{route}?{_question(route, values)}"
    return "/" + PARAMETER.sub(lambda found: values[found[1]], route)


def _question(route, values):
    """Return what the viewer is asked: the thing is told in the query."""
    asked = {"config": "default", "split": "train", **VIEWER[route.split("/")[1]]}
    dataset = f"{values['namespace']}/{values['name']}"
    return urlencode({"dataset": dataset, **asked})


def is_about_things(route):
    is_named = route.startswith("viewer/") or bool(parameters_of(route))
    return is_named and kind_of(route) != "nothing"
