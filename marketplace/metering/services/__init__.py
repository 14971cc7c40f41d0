"""Acts: what was used is recorded, set aside, priced, charged and paid for."""

from marketplace.metering.services.budgets import (
    BelowCommitted,
    confirm_payment,
    held_budget,
    open_budget,
    return_unused,
    set_limit,
)
from marketplace.metering.services.charging import charge_days, warn_owners
from marketplace.metering.services.recording import (
    RunUse,
    read_storage,
    record_runs,
    record_sent,
    sum_sent,
)
from marketplace.metering.services.setting_aside import (
    BudgetUsedUp,
    Most,
    refuse_transfer,
    require_storage,
    set_aside,
)
from marketplace.metering.services.tariffs import TariffTerms, state_tariff

__all__ = [
    "BelowCommitted",
    "BudgetUsedUp",
    "Most",
    "RunUse",
    "TariffTerms",
    "charge_days",
    "confirm_payment",
    "held_budget",
    "open_budget",
    "read_storage",
    "record_runs",
    "record_sent",
    "refuse_transfer",
    "require_storage",
    "return_unused",
    "set_aside",
    "set_limit",
    "state_tariff",
    "sum_sent",
    "warn_owners",
]
