"""The reports of other pages that Today speaks from, asked for as these pages ask with nothing chosen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.churn.report import Churn
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.merchant.in_force import InForce
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.shop.health import report as health
from shopkeeper.shop.health.report import Health
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.coverage.report import Coverage, median_cover
from shopkeeper.supply.filters import GoodsFilters
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import transfers
from shopkeeper.supply.replenishment.report import OrderProposals
from shopkeeper.supply.replenishment.transfers import Transfers

Load = Callable[..., Any]
"""`load(report, *arguments)`: the report's answer, be it from memory or asked now."""


@dataclass(frozen=True)
class Reports:
    """What the pages report of the whole shop, with what is in force; null where it cannot be made yet."""

    health: Health
    churn: Churn | None = None
    coverage: Coverage | None = None
    orders: OrderProposals | None = None
    moves: Transfers | None = None

    @property
    def stock(self) -> dict[str, float | None]:
        """The figures of the stock, as Coverage has them; null where nothing was counted."""
        if self.coverage is None or not self.coverage.has_stock:
            return {}
        rows = self.coverage.regions_skus.with_columns(whole=pl.lit(value=True))
        value = float(rows["stock_value"].sum()) if rows["stock_value"].count() else None
        cover = median_cover(rows, ("whole",))["cover_days"].to_list() if self.coverage.has_forecast else []
        return {"stock_value": value, "cover_days": float(cover[0]) if cover and cover[0] is not None else None}


def read(
    load: Load,
    fits: Fits | None,
    in_force: InForce,
    today: date,
    *,
    has_forecast: bool,
    progress: Progress = UNHEARD,
) -> Reports:
    """All that can be read; `today` is the reader's."""
    goods = GoodsFilters()
    progress.step("Customers to rescue", 0.0)
    risk = load(churn.report, fits, CustomerFilters(), churn.ChurnOptions()) if fits else None
    progress.step("In the data", 0.15)
    faults = load(health.report, today)
    if not has_forecast:
        return Reports(faults, risk)
    progress.step("Running out", 0.2)
    stock: Coverage = load(coverage.report, goods, in_force)
    if not stock.has_stock:
        return Reports(faults, risk, stock)
    progress.step("Orders due", 0.5)
    orders = load(replenishment.report, goods, in_force)
    progress.step("Transfers due", 0.8)
    moves = load(transfers.report, goods, in_force)
    return Reports(faults, risk, stock, orders, moves)
