"""The fake over HTTP: the API under /v1, pages for people, a control plane for tests."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import make_server
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from tests.fakestripe import accounts, checkout, pages, refunds
from tests.fakestripe.book import PLATFORM, Book, Object
from tests.fakestripe.contract import checked, require_declared
from tests.fakestripe.deliveries import Endpoint, adverse, send
from tests.fakestripe.faults import Fault
from tests.fakestripe.forms import decoded
from tests.fakestripe.routes import LISTS, ROUTES, Listed, Route

MOST_LISTED = 100
FEW_LISTED = 10
POLL_SECONDS = 0.01  # how long it may take to end


@dataclass
class Clock:
    """The time as this Stripe sees it; `ahead` seconds of it have been skipped."""

    ahead: float = 0

    def now(self) -> float:
        return time.time() + self.ahead


@dataclass
class FakeStripe:
    """One fake; `book` is what it knows and `url` where it is.

    Args:
        url: its address, without a slash at the end.
        endpoint: where events go as they happen; None keeps them until they are asked
            to be delivered.
    """

    url: str
    endpoint: Endpoint | None = None
    clock: Clock = field(default_factory=Clock)
    lock: threading.RLock = field(default_factory=threading.RLock)
    remembered: dict[str, tuple[Any, Response]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book = Book(now=self.clock.now, address=self.url)
        self.sent = 0
        self.map = Map(
            [
                Rule(route.path, methods=[route.method], endpoint=route)
                for route in ROUTES
            ]
            + [Rule(path, methods=["GET"], endpoint=one) for path, one in LISTS.items()]
            + [
                Rule("/v1/balance", methods=["GET"], endpoint=self._balance),
                Rule("/pay/<name>", endpoint=self._pay),
                Rule("/onboard/<name>", endpoint=self._onboard),
                Rule("/control/<act>", methods=["POST"], endpoint=self._control),
            ]
        )

    def __call__(
        self, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterator[bytes]:
        request = Request(environ)
        try:
            endpoint, values = self.map.bind_to_environ(environ).match()
            with self.lock:
                answer = self._answer(request, endpoint, values)
        except HTTPException as fault:
            answer = fault.get_response(environ)
        except Fault as fault:
            answer = told(fault.told(), status=fault.status)
        self._pass_on()
        return answer(environ, start)

    def _answer(
        self, request: Request, endpoint: Any, values: dict[str, str]
    ) -> Response:
        if isinstance(endpoint, Route):
            require_key(request)
            return self._once(request, endpoint, values)
        if isinstance(endpoint, Listed):
            require_key(request)
            return told(self._list(request, endpoint))
        return endpoint(request, **values)

    def _once(self, request: Request, route: Route, values: dict[str, str]) -> Response:
        """Answer a request; one with a key that was here before, as it was then."""
        given = decoded(
            (request.args if route.method == "GET" else request.form).items(multi=True)
        )
        expand = given.pop("expand", [])
        params = checked(given, declared=route.params)
        key = request.headers.get("Idempotency-Key") if route.method == "POST" else None
        asked = (request.path, given, request.headers.get("Stripe-Account"))
        if key and key in self.remembered:
            before, answer = self.remembered[key]
            if before != asked:
                raise Fault(
                    400,
                    "",
                    "Keys for idempotent requests can only be used with the same "
                    "parameters they were first used with.",
                    kind="idempotency_error",
                )
            return answer
        try:
            done = route.act(self.book, params, **values)
            answer = told(self._expanded(done, expand))
        except Fault as fault:
            answer = told(fault.told(), status=fault.status)
        if key:
            self.remembered[key] = asked, answer
        return answer

    def _expanded(self, answer: Object, names: list[str]) -> Object:
        require_declared(answer)
        more = {
            name: self.book.objects[answer[name]]
            for name in names
            if answer.get(name) in self.book.objects
        }
        return answer | more

    def _list(self, request: Request, listed: Listed) -> Object:
        params = checked(
            decoded(request.args.items(multi=True)), declared=listed.params
        )
        wanted = {name: params[name] for name in listed.filters if name in params}
        found = self.book.all_of(listed.kind, **wanted)
        if "starting_after" in params:
            names = [one["id"] for one in found]
            found = found[names.index(params["starting_after"]) + 1 :]
        limit = min(params.get("limit", FEW_LISTED), MOST_LISTED)
        answer = {
            "object": "list",
            "url": request.path,
            "data": found[:limit],
            "has_more": len(found) > limit,
        }
        require_declared(answer)
        return answer

    def _balance(self, request: Request) -> Response:
        require_key(request)
        account = request.headers.get("Stripe-Account", PLATFORM)
        return told(self.book.balance_of(account))

    def _pay(self, request: Request, name: str) -> Response:
        session = self.book.find("checkout.session", name)
        if session["status"] != "open":
            return shown(pages.closed_page(session))
        if request.method != "POST":
            return shown(pages.checkout_page(session))
        try:
            checkout.pay(self.book, name, is_declined=request.form["card"] != "works")
        except Fault as fault:
            return shown(pages.checkout_page(session, problem=fault.message))
        return redirect(pages.back_to_shop(session), 303)

    def _onboard(self, request: Request, name: str) -> Response:
        account = self.book.find("account", name)
        if request.method != "POST":
            return shown(pages.onboarding_page(account))
        accounts.onboard(self.book, name)
        return redirect(request.args.get("return_url") or self.url, 303)

    def _control(self, request: Request, act: str) -> Response:
        """Do what payers, banks and Stripe do: see `CONTROLS`."""
        if act not in CONTROLS:
            raise Fault(404, "unknown_control", f"Choose one of {sorted(CONTROLS)}.")
        return told(CONTROLS[act](self, **request.get_json()))

    def deliver(
        self, endpoint: Endpoint, *, seed: int, copies: int = 2, lost: float = 0.0
    ) -> list[int]:
        """Send all events so far as networks do; return the status of each delivery."""
        arriving = adverse(self.book.events, seed=seed, copies=copies, lost=lost)
        return [send(endpoint, event, at=self.clock.now()) for event in arriving]

    def _pass_on(self) -> None:
        """Send what has happened since, where events go by themselves."""
        if self.endpoint is None:
            return
        with self.lock:
            fresh, self.sent = self.book.events[self.sent :], len(self.book.events)
        for event in fresh:
            send(self.endpoint, event, at=self.clock.now())


def _skip(fake: FakeStripe, *, seconds: float) -> Object:
    fake.clock.ahead += seconds
    return {"now": fake.clock.now()}


def _settle(fake: FakeStripe) -> Object:
    fake.book.settle()
    return fake.book.balance_of(PLATFORM)


CONTROLS = {
    "onboard": lambda fake, account: accounts.onboard(fake.book, account),
    "restrict": lambda fake, account: accounts.restrict(fake.book, account),
    "pay": lambda fake, session, is_declined=False: checkout.pay(
        fake.book, session, is_declined=is_declined
    ),
    "expire": lambda fake, session: checkout.expire(fake.book, {}, session),
    "dispute": lambda fake, charge, amount=None: refunds.dispute(
        fake.book, charge, amount=amount
    ),
    "decide": lambda fake, dispute, is_won: refunds.decide(
        fake.book, dispute, is_won=is_won
    ),
    "settle": _settle,
    "skip": _skip,
}


def require_key(request: Request) -> None:
    """Return if the request bears a secret key, of which any of a test's will do.

    Raises:
        Fault: it does not.
    """
    if not request.headers.get("Authorization", "").startswith("Bearer sk_test_"):
        raise Fault(401, "", "You did not provide a test's API key.")


def told(answer: Any, *, status: int = 200) -> Response:
    return Response(json.dumps(answer), status=status, mimetype="application/json")


def shown(page: str) -> Response:
    return Response(page, mimetype="text/html")


@contextmanager
def fakestripe(
    *, port: int = 0, host: str = "127.0.0.1", endpoint: Endpoint | None = None
) -> Iterator[FakeStripe]:
    """Run a fake in threads of this process; it is gone with the block."""
    fake = FakeStripe(url="", endpoint=endpoint)
    server = make_server(host, port, fake, threaded=True)
    fake.url = fake.book.address = f"http://{host}:{server.server_port}"
    serving = threading.Thread(
        target=server.serve_forever, args=[POLL_SECONDS], daemon=True
    )
    serving.start()
    try:
        yield fake
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
