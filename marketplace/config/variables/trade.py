"""Who sells, how buyers pay, and what is kept of it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, NonNegativeInt

from marketplace.config.variables import SECRET

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
BasisPoints = Annotated[int, Field(ge=0, le=10_000)]


class Trade(BaseModel):
    """The operator as a party, payment, tax, invoices and payouts."""

    operator_name: str = Field(
        default="the operator", description="Named on orders and pages."
    )
    operator_address: str = Field(
        default="", description="On invoices, below the operator's name."
    )
    operator_country: str = Field(
        default="", pattern="^([A-Z]{2})?$", description="ISO 3166; on invoices."
    )
    operator_vat_id: str = Field(
        default="", pattern="^[A-Z0-9]{0,20}$", description="On invoices."
    )
    invoice_prefix: str = Field(
        default="ST",
        pattern="^[A-Z0-9]{1,12}$",
        description="Begins the numbers of invoices; each has numbers of its own.",
    )
    invoice_note: str = Field(
        default="", description="At the foot of invoices, such as a register number."
    )
    invoice_fonts: Path | None = Field(
        default=None,
        description="A folder of more fonts for names on invoices, such as Noto Sans "
        "CJK; without it Chinese, Japanese, Korean, Thai and some others stand as □.",
    )
    bank_details: str = Field(
        default="", description="Shown to buyers who pay by bank transfer."
    )
    stripe_secret_key: str = Field(
        default="",
        description="Buyers may pay by card, and owners be paid, through Stripe.",
        json_schema_extra=SECRET,
    )
    stripe_webhook_secret: str = Field(
        default="",
        description="What Stripe signs its events with, which come to /payments/stripe; "
        "those of owners' accounts have a second one, after a space.",
        json_schema_extra=SECRET,
    )
    stripe_api_base: str = Field(
        default="", description="Another address of Stripe's API, such as a stand-in."
    )
    stripe_connect_country: str = Field(
        default="DE",
        pattern="^[A-Z]{2}$",
        description="Where owners' accounts at Stripe are opened.",
    )
    stripe_tax: bool = Field(
        default=False,
        description="Have Stripe Tax say what part of a price is tax; totals stay.",
    )
    currency: str = Field(
        default="EUR", pattern="^[A-Z]{3}$", description="ISO 4217; of prices and fees."
    )
    fee_bps: int = Field(
        default=500, ge=0, le=10_000, description="Platform fee in basis points."
    )
    tax_rates: dict[Country, BasisPoints] = Field(
        default={},
        description="Basis points of tax by the buyer's country, as JSON: "
        '{"GR": 2400}. Others pay none; empty asks nobody for a country.',
    )
    tax_is_included: bool = Field(
        default=False, description="Prices have the tax in them; otherwise it is added."
    )
    licence_reading: Literal["neutral", "strict"] = Field(
        default="neutral",
        description="What licences leave unsettled, such as whether a model trained on "
        "share-alike data must be shared alike: neutral asks a named person to decide "
        "and records it; strict refuses it.",
    )
    charge_for_use: bool = Field(
        default=False,
        description="Charge namespaces for computing, storage and transfer, by prices that "
        "are stated at /operator/use; otherwise all of it is free.",
    )
    order_expiry_days: int = Field(
        default=14, ge=1, le=365, description="Unpaid orders lapse after so long."
    )
    payout_hold_days: int = Field(
        default=14,
        ge=0,
        le=365,
        description="What was earned waits so long before it is paid out.",
    )
    payout_minimums: dict[Currency, NonNegativeInt] = Field(
        default={},
        description="The least that is paid out at once, in minor units by currency, as "
        'JSON: {"EUR": 1000}. Less waits for more; others are paid from one unit up.',
    )
