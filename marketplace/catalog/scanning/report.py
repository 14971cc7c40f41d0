"""What a scan says of one file."""

from dataclasses import asdict, dataclass, field
from typing import Any

SAFE, SUSPICIOUS, UNSAFE, ERROR = "SAFE", "SUSPICIOUS", "UNSAFE", "ERROR"
WORST_FIRST = (UNSAFE, SUSPICIOUS, ERROR, SAFE)


@dataclass(frozen=True, slots=True)
class Import:
    """A name that a pickle would import: `innocuous`, `suspicious` or `dangerous`."""

    module: str
    name: str
    safety: str


@dataclass(frozen=True, slots=True)
class Secret:
    """Where something that looks like a password lies; never what it is."""

    rule: str
    line: int


@dataclass(slots=True)
class Report:
    """The findings of one file; `pickle`, `virus` and `secrets` are each a status.

    `fault` says why a part of it could not be looked at.
    """

    pickle: str = SAFE
    imports: list[Import] = field(default_factory=list)
    virus: str = SAFE
    viruses: list[str] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    fault: str = ""

    @property
    def status(self) -> str:
        """The worst of its parts. A secret makes a file suspicious, and no worse."""
        parts = {self.pickle, self.virus, SUSPICIOUS if self.secrets else SAFE}
        return next(each for each in WORST_FIRST if each in parts)

    def told(self) -> dict[str, Any]:
        """Return it as plain JSON that PostgreSQL can hold, whatever names are in it."""
        told: dict[str, Any] = _printable(asdict(self))
        return told


def report_of(told: dict[str, Any]) -> Report:
    """Return what `told` told."""
    imports = [Import(**each) for each in told.pop("imports")]
    secrets = [Secret(**each) for each in told.pop("secrets")]
    return Report(imports=imports, secrets=secrets, **told)


def _printable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _printable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_printable(each) for each in value]
    if isinstance(value, str):
        return "".join(one if one.isprintable() else "�" for one in value)
    return value
