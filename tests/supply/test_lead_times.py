"""Lead times as stated, held against what deliveries took."""

import numpy as np
import polars as pl
import pytest

from shopkeeper.models.stock import inventory
from shopkeeper.supply.lead_times import learned


def test_a_late_suppliers_learned_lead_keeps_the_service_that_the_stated_one_misses() -> None:
    """Ten days are stated, sixteen give or take three are true: forty deliveries teach it."""
    draw, mean, sd, review, cycles = np.random.default_rng(8), 20.0, 6.0, 7, 4000
    took = np.maximum(np.rint(draw.normal(16, 3, 40)), 1)
    teller = {"supplier": "Late", "skus": 1, "deliveries": 40, "orders": 40, "measured_days": float(took.mean()),
              "measured_sd": float(took.std()), "deviation_days": float(took.mean() - 10),
              "deviation_sd": float(took.std())}  # fmt: skip
    item = pl.DataFrame({"sku": ["tea"], "supplier": ["Late"], "lead_days": [10.0], "lead_sd": [1.0]})
    days, spread = learned(item, pl.DataFrame([teller])).select("lead_days", "lead_sd").row(0)
    lead = np.maximum(np.rint(draw.normal(16, 3, cycles)), 1)

    def service(lead_days: float, lead_sd: float) -> float:
        level = inventory.levels(np.full((1, 60), mean), sd, lead_days, lead_sd, 0.95, review, False).order_up_to[0]
        asked = draw.normal(mean * (lead + review), sd * np.sqrt(lead + review))
        return float((asked <= level).mean())

    assert service(10, 1) < 0.3
    assert service(days, spread) == pytest.approx(0.95, abs=0.04)
