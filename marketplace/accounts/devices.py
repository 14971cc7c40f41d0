"""What a browser says of itself, in words that people know their devices by."""

from ipaddress import ip_address, ip_network

BROWSERS = (  # the first that fits: most name others besides, to be taken for them
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
UNKNOWN = "A program"
NEAR_V4, NEAR_V6 = 24, 48  # as many bits of an address as name a neighbourhood


def device_in_words(user_agent: str) -> str:
    """Return such as `Firefox on Linux`; of what is no browser we know, its own first word.

    Args:
        user_agent: the header of a request, whatever it holds.
    """
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    named = browser or system or user_agent.partition("/")[0].strip()[:40]
    return named if named.isprintable() and named else UNKNOWN


def neighbourhood(address: str) -> str:
    """Return a network address without its end: `192.0.2.…`, `2001:db8:1::…`.

    Enough to know one's own by, and less than leads to somebody's door.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    bits = NEAR_V4 if found.version == 4 else NEAR_V6
    start = ip_network(f"{found}/{bits}", strict=False).network_address
    if found.version == 4:
        return f"{str(start).rpartition('.')[0]}.…"
    return f"{start}…"


def _first(names: tuple[tuple[str, str], ...], said: str) -> str:
    return next((name for mark, name in names if mark in said), "")
