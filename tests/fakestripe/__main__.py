"""Run the fake by hand: `python -m tests.fakestripe --port 12111 --webhooks URL`.

With `-- COMMAND …` at the end it runs beside that command, which gets the settings to
find it by, and ends with it.
"""

import argparse
import inspect
import os
import signal
import subprocess
import threading

from tests.fakestripe.deliveries import Endpoint
from tests.fakestripe.server import CONTROLS, FakeStripe, fakestripe

PORT = 12111


def main() -> int:
    told = argparse.ArgumentParser(
        prog="python -m tests.fakestripe",
        description=__doc__,
        epilog=controls(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    told.add_argument("--host", default="127.0.0.1", help="where to listen")
    told.add_argument("--port", type=int, default=PORT, help="0 takes any that is free")
    told.add_argument("--webhooks", help="where to send events as they happen")
    told.add_argument("--secret", default="whsec_test", help="what signs them")
    told.add_argument("command", nargs="*", help="what to run beside it, after --")
    given = told.parse_args()
    endpoint = Endpoint(given.webhooks, given.secret) if given.webhooks else None
    with fakestripe(port=given.port, host=given.host, endpoint=endpoint) as fake:
        print(
            f"Stripe's stand-in listens at {fake.url}; end it with Ctrl-C.\n"
            "Open that in a browser to see what happened, and to dispute a payment.",
            flush=True,
        )
        try:
            if given.command:
                return beside(fake, given.command, secret=given.secret)
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Ended.")
    return 0


def controls() -> str:
    """Return how to do what payers, banks and Stripe do, act by act."""
    taken = {
        act: list(inspect.signature(does).parameters.values())[1:]
        for act, does in sorted(CONTROLS.items())
    }
    return "\n".join(
        [
            "Its first page shows what happened. What payers, banks and Stripe do is done",
            'by POST of JSON to /control/ACT, such as /control/pay {"session": "cs_…"}:',
            *(
                f"  {act:<9} {', '.join(str(one) for one in given)}"
                for act, given in taken.items()
            ),
        ]
    )


def beside(fake: FakeStripe, command: list[str], *, secret: str) -> int:
    """Run a command that finds the fake by its settings; return how it ended."""
    found = {
        "STRIPE_SECRET_KEY": "sk_test_of_the_stand_in",
        "STRIPE_WEBHOOK_SECRET": secret,
        "STRIPE_API_BASE": fake.url,
    }
    with subprocess.Popen(command, env={**os.environ, **found}) as running:
        before = signal.signal(signal.SIGTERM, lambda *_: running.terminate())
        try:
            return running.wait()
        except KeyboardInterrupt:  # it was told as well, and ends in its own time
            return running.wait()
        finally:
            signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    raise SystemExit(main())
