"""Calls programs of `training.runner.inside` here, as boot would within the walls."""

import os
from contextlib import ExitStack, contextmanager

from training.runner.inside.boot import Call
from training.runner.sandbox.process import sealed


@contextmanager
def call_of(scratch, *, inputs, **arguments):
    with ExitStack() as stack:
        fds = {name: stack.enter_context(sealed(it)) for name, it in inputs.items()}
        copies = {name: os.dup(fd) for name, fd in fds.items()}  # reading closes them
        yield Call(
            inputs=copies, arguments=arguments, scratch=scratch, tell=bytearray().extend
        )
