"""What keeps matplotlib from looking for fonts, of which a job has none but its own."""

from pathlib import Path


def without_fonts(home: Path) -> dict[str, str]:
    """Return the environment in which matplotlib draws without a screen or a search.

    Args:
        home: a folder that may be written to.
    """
    fonts = home / "fonts.conf"
    fonts.write_text("<fontconfig></fontconfig>")
    return {
        "FONTCONFIG_FILE": str(fonts),
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(home),
    }
