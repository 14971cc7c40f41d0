"""The tables of metering, by noun."""

from marketplace.metering.models.budgets import Budget, Reservation
from marketplace.metering.models.days import (
    DayOfUse,
    Meter,
    StorageReading,
    Transfer,
)
from marketplace.metering.models.tariffs import Tariff

__all__ = [
    "Budget",
    "DayOfUse",
    "Meter",
    "Reservation",
    "StorageReading",
    "Tariff",
    "Transfer",
]
