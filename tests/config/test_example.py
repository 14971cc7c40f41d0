from django.core.management import call_command

from marketplace.config.env import Environment
from marketplace.config.example import EXAMPLE, written


def test_the_files_that_name_every_setting_are_current():
    call_command("write_settings", "--check")


def test_every_setting_says_what_it_is_for():
    untold = [
        name for name, it in Environment.model_fields.items() if not it.description
    ]

    assert untold == []


def test_the_example_uncommented_is_the_default(tmp_path, monkeypatch):
    lines = EXAMPLE.read_text().splitlines()
    settings = [line[1:] for line in lines if line.startswith("#") and line[1:2] != " "]
    (tmp_path / "env").write_text("\n".join(settings).replace("DATA_DIR=var", ""))
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    read = Environment(_env_file=tmp_path / "env")

    assert read.model_dump() == Environment(_env_file=None).model_dump()
    assert len(settings) == len(Environment.model_fields)


def test_secrets_stand_in_no_chart():
    [schema] = [text for path, text in written().items() if path.suffix == ".json"]

    assert '"METRICS_PORT"' in schema
    assert '"DATABASE_URL"' not in schema
