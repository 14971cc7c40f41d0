"""How a bundle is refused: with the file, the field and what to do."""

from marketplace.kit.errors import Malformed


class BundleRefused(Malformed):
    """A bundle cannot be imported; `file` and `field` say where it is wrong."""

    code = "bundle_refused"

    def __init__(self, problem: str, *, file: str = "", field: str = "") -> None:
        where = ", ".join(part for part in (file, field) if part)
        super().__init__(
            f"{where}: {problem}" if where else problem, file=file, field=field
        )
        self.file = file
        self.field = field
        self.problem = problem
