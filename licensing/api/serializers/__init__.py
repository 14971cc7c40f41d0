"""The JSON of rights and money: `…In` we accept, `…Out` we answer; neither saves."""

from licensing.api.serializers.books import (
    BalanceListOut,
    BalanceOut,
    LedgerEntryOut,
    LedgerLineOut,
    StatementLineOut,
)
from licensing.api.serializers.licences import (
    GridCellOut,
    GridRowOut,
    LicenceListOut,
    LicenceOut,
    grid_rows,
)
from licensing.api.serializers.money import MoneyIn, MoneyOut, PartyOut
from licensing.api.serializers.offers import OfferDetailOut, OfferIn, OfferOut
from licensing.api.serializers.orders import (
    AcceptanceOut,
    AcceptTermsIn,
    InstructionsOut,
    OrderDetailOut,
    OrderIn,
    OrderLineOut,
    OrderOut,
    PaymentOut,
    RejectIn,
    TransferIn,
)
from licensing.api.serializers.rights import (
    IncomeShareIn,
    IncomeShareOut,
    ShareSetOut,
    SharesIn,
    SourceIn,
    SourceOut,
    WorkOut,
)

__all__ = [
    "AcceptTermsIn",
    "AcceptanceOut",
    "BalanceListOut",
    "BalanceOut",
    "GridCellOut",
    "GridRowOut",
    "IncomeShareIn",
    "IncomeShareOut",
    "InstructionsOut",
    "LedgerEntryOut",
    "LedgerLineOut",
    "LicenceListOut",
    "LicenceOut",
    "MoneyIn",
    "MoneyOut",
    "OfferDetailOut",
    "OfferIn",
    "OfferOut",
    "OrderDetailOut",
    "OrderIn",
    "OrderLineOut",
    "OrderOut",
    "PartyOut",
    "PaymentOut",
    "RejectIn",
    "ShareSetOut",
    "SharesIn",
    "SourceIn",
    "SourceOut",
    "StatementLineOut",
    "TransferIn",
    "WorkOut",
    "grid_rows",
]
