"""Cards and other Markdown files, whose links lead to the files beside them."""

import posixpath
from urllib.parse import unquote, urlsplit

from django.utils.safestring import SafeString

from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.web.places import Place
from marketplace.kit.markdown import render


def rendered(
    text: str, *, place: Place, revision: str = MAIN, folder: str = ""
) -> SafeString:
    """Return HTML of a Markdown file that lies in `folder` of a version."""

    def resolve(written: str, is_image: bool) -> str:  # noqa: FBT001  the kit's protocol
        path = _inside(written, folder)
        if path is None:
            return written
        if is_image:
            return f"{place.url('raw', revision, path)}?inline=1"
        return place.url("blob", revision, path)

    return render(text, top=2, resolve=resolve)


def _inside(written: str, folder: str) -> str | None:
    """Return the path in the repository that a relative address means, if it is one."""
    try:
        parts = urlsplit(written)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(folder, unquote(parts.path)))
    is_outside = path in {".", ".."} or path.startswith("../")
    return None if is_outside or not path.isprintable() else path
