"""Cells that look like personal data: patterns with a checksum where there is one.

What is told are columns and the numbers of rows, never what stands in them. Telephone
numbers are read by `phonenumbers`, a port of Google's libphonenumber.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import phonenumbers
import polars as pl
from phonenumbers import Leniency, PhoneNumberMatcher

from training.runner.inside.viewing.quality_columns import Looked
from training.runner.inside.viewing.quality_tables import EXAMPLES, Finding, finding

MOST_PHONES = 5_000  # cells that are looked through for them
FEWEST_PASSING = 0.5  # of the candidates in a column; a checksum passes by chance
EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9._%+-]{1,64}@((?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24})\b"
)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
CARD = re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d.-])")
ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
SSN = re.compile(r"(?<![\d-])(\d{3})-(\d{2})-(\d{4})(?![\d-])")
DNI = re.compile(r"\b([XYZ]?\d{7,8})-?([A-Z])\b")
FISCAL = re.compile(r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b")
AMKA = re.compile(r"(?<!\d)\d{11}(?!\d)")
RESERVED = re.compile(r"(^|\.)(example\.(com|org|net)|example|test|invalid|localhost)$")
DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
ODD_PLACES = [
    *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18),
    *(20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
]
IBAN_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24 AE23 AL28 AT20 BA20 BE16 BG22 BH22 BR29 CH21 CY28 CZ24 DE22 "
        "DK18 EE20 EG29 ES24 FI18 FR27 GB22 GE22 GI23 GR27 HR21 HU28 IE22 "
        "IL23 IS26 IT27 JO30 KW30 LB28 LI21 LT20 LU20 LV21 MC27 MD24 ME22 "
        "MK19 MT31 NL18 NO15 PL28 PT25 QA29 RO24 RS22 SA24 SE24 SI19 SK24 "
        "SM27 TR26 UA29 XK20",
    )
}
CARD_PREFIXES = re.compile(
    r"4(\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|(222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)"
    r"\d{12}|3[47]\d{13}|6(011|5\d\d|4[4-9]\d)\d{12}|35(2[89]|[3-8]\d)\d{12}"
)
WORDS = {  # of the names of columns
    "NAME": ("firstname", "lastname", "surname", "fullname", "forename", "familyname"),
    "BIRTH": ("birthdate", "birthday", "dob", "dateofbirth"),
    "CONTACT": ("email", "phone", "telephone", "mobile", "phonenumber", "emailaddress"),
    "HOME": ("address", "streetaddress", "homeaddress", "postcode", "zipcode"),
    "IDENTITY": ("ssn", "passport", "amka", "afm", "nationalid", "taxid", "iban"),
}
NAMED = {word: kind for kind, words in WORDS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a kind of personal data looks like, and whether a candidate is one.

    Cells are only looked through where they hold `hint`, a regular expression.
    """

    kind: str
    shape: re.Pattern[str]
    hint: str
    holds: Callable[[re.Match[str]], bool]


@dataclass(slots=True)
class Seen:
    """Cells of one column that look like one kind."""

    passing: int = 0
    candidates: int = 0
    rows: list[int] = field(default_factory=list)

    def take(self, row: int, *, has_passed: bool) -> None:
        self.candidates += 1
        if has_passed:
            self.passing += 1
            self.rows.append(row)
            del self.rows[EXAMPLES:]


def personal_findings(looked: Looked) -> list[Finding]:
    """Return which columns look as if they held personal data, of the rows drawn."""
    told: list[dict[str, object]] = []
    cells = 0
    for name, kind in looked.sample.schema.items():
        if kind != pl.String:
            continue
        column = looked.sample[name]
        for found, seen in _seen(column, looked.places.tolist()):
            if seen.passing and seen.passing >= FEWEST_PASSING * seen.candidates:
                cells += seen.passing
                told.append(
                    {
                        "name": name,
                        "kind": found,
                        "count": seen.passing,
                        "rows": seen.rows,
                    }
                )
    named = {str(one["name"]) for one in told}
    for name, seen_column in looked.columns.items():
        if name not in named and (kind_of := _named(name)) and seen_column.there:
            told.append({"name": name, "kind": kind_of, "count": None, "rows": []})
    if not told:
        return []
    rows = [row for one in told for row in one["rows"]]  # type: ignore[attr-defined]  # a list
    return [
        finding(
            "personal_data",
            cells,
            of=looked.sample.height,
            rows=sorted(set(rows)),
            is_estimate=looked.sample.height < looked.table.rows,
            columns=told,
        )
    ]


def _seen(column: pl.Series, places: Sequence[int]) -> Iterator[tuple[str, Seen]]:
    for pattern in PATTERNS:
        seen = Seen()
        for place, cell in _hinted(column, places, pattern.hint):
            shaped = list(pattern.shape.finditer(cell))
            if shaped:
                seen.take(place, has_passed=any(map(pattern.holds, shaped)))
        yield pattern.kind, seen
    seen = Seen()
    for place, cell in _hinted(column, places, r"\+\d")[:MOST_PHONES]:
        numbers = PhoneNumberMatcher(cell, None, Leniency.VALID, 10)
        if any(phonenumbers.is_valid_number(one.number) for one in numbers):
            seen.take(place, has_passed=True)
    yield "PHONE", seen


def _hinted(
    column: pl.Series, places: Sequence[int], hint: str
) -> list[tuple[int, str]]:
    at = column.str.contains(hint).fill_null(value=False).arg_true()
    return [(places[int(one)], str(column[int(one)])) for one in at]


def _named(name: str) -> str | None:
    return NAMED.get(re.sub(r"[^a-z]", "", name.lower()))


def _is_email(match: re.Match[str]) -> bool:
    return not RESERVED.search(match[1].lower())


def _is_iban(match: re.Match[str]) -> bool:
    """Whether the check digits hold (ISO 13616: modulo 97)."""
    bare = match[0].replace(" ", "")
    if len(bare) != IBAN_LENGTHS.get(bare[:2]):
        return False
    turned = bare[4:] + bare[:4]
    return int("".join(str(int(one, 36)) for one in turned)) % 97 == 1


def _is_card(match: re.Match[str]) -> bool:
    """Whether the check digit holds (ISO/IEC 7812: Luhn), and somebody issues such."""
    digits = re.sub(r"\D", "", match[0])
    return bool(CARD_PREFIXES.fullmatch(digits)) and _passes_luhn(digits)


def _passes_luhn(digits: str) -> bool:
    total = 0
    for digit, is_doubled in zip(reversed(digits), cycle((False, True)), strict=False):
        value = int(digit) * (2 if is_doubled else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_address(match: re.Match[str]) -> bool:
    try:
        return ipaddress.IPv4Address(match[0]).is_global
    except ValueError:
        return False


def _is_ssn(match: re.Match[str]) -> bool:
    area, group, serial = match.groups()
    is_area = area not in {"000", "666"} and area < "900"
    return is_area and group != "00" and serial != "0000"


def _is_dni(match: re.Match[str]) -> bool:
    digits = match[1].translate(str.maketrans("XYZ", "012"))
    return len(digits) == 8 and DNI_LETTERS[int(digits) % 23] == match[2]


def _is_fiscal(match: re.Match[str]) -> bool:
    """Whether the last letter holds (Italian decree of 12 March 1974)."""
    total = 0
    for place, one in enumerate(match[0][:15], start=1):
        value = int(one) if one.isdecimal() else ord(one) - ord("A")
        total += ODD_PLACES[value] if place % 2 else value
    return chr(ord("A") + total % 26) == match[0][15]


def _is_amka(match: re.Match[str]) -> bool:
    day, month = int(match[0][:2]), int(match[0][2:4])
    return 1 <= day <= 31 and 1 <= month <= 12 and _passes_luhn(match[0])


PATTERNS = (
    Pattern("EMAIL", EMAIL, "@", _is_email),
    Pattern("IBAN", IBAN, r"[A-Z]{2}\d{2}", _is_iban),
    Pattern("CARD", CARD, r"\d(?:[ -]?\d){12}", _is_card),
    Pattern("NETWORK", ADDRESS, r"\d\.\d+\.\d", _is_address),
    Pattern("IDENTITY", SSN, r"\d{3}-\d{2}-\d{4}", _is_ssn),
    Pattern("IDENTITY", DNI, r"\d{7}-?[A-Z]", _is_dni),
    Pattern("IDENTITY", FISCAL, r"[A-Z]{6}\d{2}[A-Z]", _is_fiscal),
    Pattern("IDENTITY", AMKA, r"\d{11}", _is_amka),
)
