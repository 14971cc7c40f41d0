"""What invoices look like to people and to programs: read back by other libraries."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pypdf
import pytest
from drafthorse.models import NS_RAM
from drafthorse.utils import validate_xml
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from licensing.papers.content import Address, Content, Item, Tax, plain, thawed
from licensing.papers.pdf import pdf_of
from licensing.papers.xml import SCHEMA, xml_of

INVOICE = Content(
    kind="INVOICE",
    number="ST-2026-00007",
    corrects="",
    corrects_on=None,
    reason="",
    issued_on=date(2026, 1, 2),
    supplied_on=date(2026, 1, 2),
    order="ST-ABCD-1234",
    ordered_on=date(2025, 12, 31),
    currency="EUR",
    issuer=Address("Stoa GmbH", "Markt 1\n10115 Berlin", "DE", "DE123456789"),
    issuer_note="HRB 1234",
    buyer=Address("Łukasz Ἀθηνᾶ Пётр #evil $x$ <b>", "Rue 1\n75001 Paris", "FR", ""),
    items=(
        Item("Nests of the wren", "Commercial use", 2, 100_00, 10_00, 90_00, 17_10),
        Item("Songs", "For a team", 1, 30_00, 0, 30_00, 5_70),
    ),
    tax=Tax("DE", 1900, 22_80, is_included=False),
)
CREDIT = replace(
    INVOICE,
    kind="CREDIT_NOTE",
    number="ST-CN-2026-00001",
    corrects=INVOICE.number,
    corrects_on=INVOICE.issued_on,
    reason="It lacks a season & more",
)


def read(pdf):
    """Return the words of a PDF, its metadata, and the files inside it."""
    found = pypdf.PdfReader(io.BytesIO(pdf))
    words = "\n".join(page.extract_text() for page in found.pages)
    metadata = found.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    return words, metadata, {name: data[0] for name, data in found.attachments.items()}


def test_what_is_frozen_thaws_to_the_same():
    for content in (INVOICE, CREDIT):
        assert thawed(content.frozen()) == content


def test_a_pdf_says_everything_has_its_xml_inside_and_is_the_same_twice():
    pdf = pdf_of(INVOICE)

    words, metadata, files = read(pdf)
    for said in (
        *("Invoice ST-2026-00007", "2 January 2026", "ST-ABCD-1234", "Stoa GmbH"),
        *("Łukasz Ἀθηνᾶ Пётр #evil $x$ <b>", "75001 Paris", "VAT ID DE123456789"),
        *("Nests of the wren", "discount 10.00", "Tax DE 19 %", "22.80 EUR"),
        *("142.80 EUR", "HRB 1234"),
    ):
        assert said in words
    assert "<pdfaid:part>3<" in metadata
    assert "<fx:ConformanceLevel>EN 16931<" in metadata
    assert files == {"factur-x.xml": xml_of(INVOICE)}
    assert pdf_of(thawed(INVOICE.frozen())) == pdf


def test_letters_that_no_font_has_are_shown_as_boxes_and_kept_in_the_xml():
    names = "ישראל Ծովակ 山田 😀"
    content = replace(INVOICE, buyer=Address(names, "", "", ""))

    words, _, files = read(pdf_of(content))

    assert "□□ □" in words
    assert "Ծովակ" in words
    assert "stands for a character" in words
    assert names.encode() in files["factur-x.xml"]


@pytest.mark.parametrize(
    "content",
    [
        INVOICE,
        CREDIT,
        replace(INVOICE, tax=Tax("DE", 1900, 0, is_included=False)),
        replace(INVOICE, tax=Tax("", 0, 0, is_included=False)),
        replace(
            INVOICE,
            issuer=Address("the operator", "", "", ""),
            tax=Tax("", 0, 0, is_included=False),
            currency="JPY",
        ),
    ],
    ids=["taxed", "credit", "taxed on too little", "exempt", "outside"],
)
def test_the_xml_keeps_to_the_schema_of_en_16931_and_says_the_sums(content):
    xml = xml_of(content)

    validate_xml(xml, SCHEMA)
    root = etree.fromstring(xml)

    def told(name):
        return [each.text for each in root.iter(f"{{{NS_RAM}}}{name}")]

    scale = 1 if content.currency == "JPY" else 100
    assert told("TypeCode")[0] == ("381" if content.is_credit else "380")
    assert told("ID")[1] == content.number
    assert Decimal(told("GrandTotalAmount")[0]) * scale == content.total_minor
    assert Decimal(told("TaxTotalAmount")[0]) * scale == content.tax.minor
    lines = [Decimal(each) * scale for each in told("LineTotalAmount")]
    assert lines == [*(item.net_minor for item in content.items), content.net_minor]
    assert told("Name")[-2:] == [content.issuer.name, content.buyer.name]
    assert bool(told("ExemptionReason")) == (content.tax.rate_bps == 0)


names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=9)
sides = st.builds(
    Address,
    name=names.map(lambda name: f"N{plain(name)}"),
    address=st.lists(names.map(plain), max_size=5).map("\n".join),
    country=st.sampled_from(["", "FR"]),
    vat_id=st.sampled_from(["", "FR12345678901"]),
)


@settings(max_examples=10, deadline=None)
@given(issuer=sides, buyer=sides, reason=names, rate=st.sampled_from([0, 550]))
def test_whatever_people_are_called_both_files_can_be_made(issuer, buyer, reason, rate):
    content = replace(
        CREDIT,
        issuer=issuer,
        buyer=buyer,
        reason=plain(reason),
        tax=replace(CREDIT.tax, rate_bps=rate),
    )

    assert read(pdf_of(content))[2]["factur-x.xml"] == xml_of(content)
