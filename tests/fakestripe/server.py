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
from werkzeug.serving import WSGIRequestHandler, make_server
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
    lock: threading.RLock = field(default_factory=threading.RLock)
    clock: Clock = field(init=False)
    book: Book = field(init=False)
    remembered: dict[str, tuple[Any, Response]] = field(init=False)
    is_down: bool = field(init=False)
    answers_lost: int = field(init=False)

    def __post_init__(self) -> None:
        self.begin_anew()
        self.map = Map(
            [
                Rule(route.path, methods=[route.method], endpoint=route)
                for route in ROUTES
            ]
            + [Rule(path, methods=["GET"], endpoint=one) for path, one in LISTS.items()]
            + [
                Rule("/v1/balance", methods=["GET"], endpoint=self._balance),
                Rule("/", methods=["GET"], endpoint=self._overview),
                Rule("/pay/<name>", endpoint=self._pay),
                Rule("/onboard/<name>", endpoint=self._onboard),
                Rule("/control/<act>", methods=["POST"], endpoint=self._control),
            ]
        )

    def begin_anew(self) -> None:
        """Forget everything."""
        self.clock = Clock()
        self.book = Book(now=self.clock.now, address=self.url)
        self.remembered, self.sent = {}, 0
        self.is_down, self.answers_lost = False, 0

    def __call__(
        self, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterator[bytes]:
        request = Request(environ)
        try:
            endpoint, values = self.map.bind_to_environ(environ).match()
            with self.lock:
                self._require_up(request)
                answer = self._answer(request, endpoint, values)
                self._lose(request)
        except HTTPException as fault:
            answer = fault.get_response(environ)
        except Fault as fault:
            answer = told(fault.told(), status=fault.status)
        self.pass_on()
        return answer(environ, start)

    def _answer(
        self, request: Request, endpoint: Any, values: dict[str, str]
    ) -> Response:
        if isinstance(endpoint, Route):
            require_key(request)
            return self._once(request, endpoint, values)
        if isinstance(endpoint, Listed):
            require_key(request)
            return told(self._list(request, endpoint, values))
        return endpoint(request, **values)

    def _require_up(self, request: Request) -> None:
        if self.is_down and request.path.startswith("/v1/"):
            raise Fault(503, "", "Down for a while.", kind="api_error")

    def _lose(self, request: Request) -> None:
        """Do what was asked and say nothing of it, as often as was wanted."""
        if self.answers_lost and request.method == "POST" and "/v1/" in request.path:
            self.answers_lost -= 1
            raise Fault(500, "", "The answer got lost.", kind="api_error")

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

    def _expanded(self, answer: Object, paths: list[str]) -> Object:
        """Return an answer with the things in it that are asked for, and in those."""
        require_declared(answer)
        for name, _, rest in (path.partition(".") for path in paths):
            if answer.get(name) in self.book.objects:
                inner = self.book.objects[answer[name]]
                answer = answer | {name: self._expanded(inner, [rest] if rest else [])}
        return answer

    def _list(self, request: Request, listed: Listed, values: dict[str, str]) -> Object:
        params = checked(
            decoded(request.args.items(multi=True)), declared=listed.params
        )
        given = params | values
        wanted = {name: given[name] for name in listed.filters if name in given}
        found = self.book.all_of(listed.kind, **wanted)
        if isinstance(params.get("created"), dict):
            since = params["created"].get("gte", 0)
            found = [one for one in found if one["created"] >= since]
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

    def _overview(self, request: Request) -> Response:
        del request
        return shown(pages.overview_page(self.book))

    def _pay(self, request: Request, name: str) -> Response:
        session = self.book.find("checkout.session", name)
        if session["status"] != "open":
            return shown(pages.closed_page(session))
        if request.method != "POST":
            return shown(pages.checkout_page(session, self.book.asked[name]))
        try:
            checkout.pay(self.book, name, is_declined=request.form["card"] != "works")
        except Fault as fault:
            page = pages.checkout_page(
                session, self.book.asked[name], problem=fault.message
            )
            return shown(page)
        return redirect(pages.back_to_shop(session), 303)

    def _onboard(self, request: Request, name: str) -> Response:
        account = self.book.find("account", name)
        if request.method != "POST":
            return shown(pages.onboarding_page(account))
        accounts.onboard(self.book, name)
        return redirect(request.args.get("return_url") or self.url, 303)

    def _control(self, request: Request, act: str) -> Response:
        """Do what payers, banks and Stripe do: see `CONTROLS`. Buttons lead back."""
        if act not in CONTROLS:
            raise Fault(404, "unknown_control", f"Choose one of {sorted(CONTROLS)}.")
        if request.is_json:
            return told(CONTROLS[act](self, **request.get_json()))
        CONTROLS[act](self, **request.form)
        return redirect("/", 303)

    def deliver(
        self, endpoint: Endpoint, *, seed: int, copies: int = 2, lost: float = 0.0
    ) -> list[int]:
        """Send all events so far as networks do; return the status of each delivery."""
        arriving = adverse(self.book.events, seed=seed, copies=copies, lost=lost)
        return [send(endpoint, event, at=self.clock.now()) for event in arriving]

    def pass_on(self) -> None:
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


def _set(fake: FakeStripe, name: str, value: Any) -> Object:
    setattr(fake, name, value)
    return {name: value}


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
    "down": lambda fake, is_down=True: _set(fake, "is_down", is_down),
    "lose": lambda fake, answers=1: _set(fake, "answers_lost", answers),
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


class Silent(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, *_: object) -> None:
        pass


@contextmanager
def fakestripe(
    *, port: int = 0, host: str = "127.0.0.1", endpoint: Endpoint | None = None
) -> Iterator[FakeStripe]:
    """Run a fake in threads of this process; it is gone with the block."""
    fake = FakeStripe(url="", endpoint=endpoint)
    server = make_server(host, port, fake, threaded=True, request_handler=Silent)
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
