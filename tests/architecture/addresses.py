"""Every address of the site, by what kind of rule binds it."""

import re

from django.urls import URLPattern, get_resolver

PREFIX = "api/v1/"
ADMIN, SIGN_IN, STATIC = "admin/", "accounts/", "static/"
LOG_IN = "/accounts/login/"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


def routes(resolver=None, prefix=""):
    """Yield every route with its view; groups of regular expressions as parameters."""
    for pattern in (resolver or get_resolver()).url_patterns:
        said = GROUP.sub(r"<\1>", str(pattern.pattern)).lstrip("^").rstrip("$")
        if isinstance(pattern, URLPattern):
            yield prefix + said, pattern.callback
        else:
            yield from routes(pattern, prefix + said)


def parameters_of(route):
    return PARAMETER.findall(route)


def filled(route, values):
    """Return the path of a route; where a folder is asked for, the one of `path`."""
    if "/tree/" in route and "path" in values:
        values = {**values, "path": values["path"].rpartition("/")[0]}
    return PARAMETER.sub(lambda found: values[found[1]], route)


ROUTES = dict(routes())
HUB_VIEWS = {
    route: view
    for route, view in ROUTES.items()
    if view.__module__.startswith("marketplace.hub.")
}
API_VIEWS = {
    route.removeprefix(PREFIX): view
    for route, view in ROUTES.items()
    if route.startswith(PREFIX)
}
PAGES_SERVED = {
    route
    for route in ROUTES.keys() - HUB_VIEWS.keys()
    if not route.startswith((PREFIX, ADMIN, SIGN_IN, STATIC))
}
SIGN_IN_PAGES = {route for route in ROUTES if route.startswith(SIGN_IN)}


def made_up(route):
    """Return the path of a route to things that are not there."""
    values = {
        name: "1" if f"<int:{name}>" in route else "made-up"
        for name in parameters_of(route)
    }
    return filled(route, values)
