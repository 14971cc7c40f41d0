"""The table of who may do what over the protocol of Hugging Face's clients.

As `permissions.API` is for our own API: a right by route and method. A route of the hub
that is not here fails `test_hub_walk`. What fills parameters beyond `tests.world.places`
is in `FILLED`; what a well-formed request carries is in `bodies`.
"""

from tests.architecture.addresses import PARAMETER, parameters_of
from tests.architecture.permissions import (
    ANYONE,
    CHANGE,
    DELETE,
    GET,
    MEMBER,
    PATCH,
    POST,
    PUT,
    SEE,
    TAKE,
)
from tests.world import places

ANY_METHOD = dict.fromkeys((GET, POST, PUT, PATCH, DELETE), ANYONE)


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
    # access
    **both({"/{one}/auth-check": {GET: TAKE}}),
    **both({"/{one}/auth-check/write": {GET: CHANGE}}),
    # what is not spoken
    "api/spaces": ANY_METHOD,
    "api/spaces/<path:rest>": ANY_METHOD,
    "spaces/<path:rest>": ANY_METHOD,
    "api/<elsewhere:rest>": ANY_METHOD,
}
FILLED = {  # parameters by name
    "rest": "main/data/rows.csv",
}
REVISIONS = ("/tree/", "/commits/", "/paths-info/", "/revision/")  # and no path
KINDS = {  # of things, where the segment after `api/` does not say it
    "api/spaces": "nothing",
    "spaces/": "nothing",
    "api/<elsewhere": "nothing",
    "<str:namespace>/": "models",
}


def bodies(world):
    """Return bodies by method and route, for what would be refused as malformed."""
    del world
    return {
        "POST oauth/device": {"client_id": "hf"},
        **{
            f"POST api/{kind}/<str:namespace>/<str:name>/paths-info/<path:rest>": {
                "paths": ["data/rows.csv"]
            }
            for kind in ("datasets", "models")
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
    return "/" + PARAMETER.sub(lambda found: values[found[1]], route)


def is_about_things(route):
    return bool(parameters_of(route)) and kind_of(route) != "nothing"
