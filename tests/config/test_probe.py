import os

import pytest

from marketplace.config import probe
from marketplace.config.env import Environment


@pytest.fixture
def within(tmp_path):
    return Environment(data_dir=tmp_path)


def test_a_worker_is_known_by_its_last_sign_of_life(within):
    with pytest.raises(probe.NotWell, match="no sign of life yet"):
        probe.heard(probe.signs_of("worker", "runs", within), now=1000.0)

    (within.data_dir / "alive").mkdir()
    sign = within.data_dir / "alive" / "runs"
    sign.touch()
    os.utime(sign, (1000.0, 1000.0))

    probe.heard(probe.signs_of("worker", "runs", within), now=1299.0)
    probe.heard(probe.signs_of("worker", "*", within), now=1299.0)
    with pytest.raises(probe.NotWell, match="301 s old"):
        probe.heard(probe.signs_of("worker", "runs", within), now=1301.0)
    with pytest.raises(probe.NotWell):
        probe.heard(probe.signs_of("worker", "gpu", within), now=1001.0)


def test_beat_is_known_by_its_schedule(within):
    (within.data_dir / "beat.db").touch()

    assert probe.signs_of("beat", "*", within) == [within.data_dir / "beat.db"]


def test_the_site_is_asked_under_its_own_name(within, live_server, settings):
    settings.ALLOWED_HOSTS = ["data.example.org"]
    port = int(live_server.url.rpartition(":")[2])
    named = within.model_copy(update={"base_url": "https://data.example.org"})

    probe.answered("web", port, named)
    with pytest.raises(probe.NotWell, match="400"):
        probe.answered("web", port, within)


def test_what_does_not_answer_is_not_well(capsys, within):
    assert probe.main(["files", "--port", "1"]) == 1
    assert "does not answer" in capsys.readouterr().err
