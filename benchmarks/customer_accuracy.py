"""What models and simple rules foresaw of customers, against what came: `make accuracy`, a table of docs/models.md.

From each cutoff every contestant is made of what was known by then, as the fit job does it, and held against what came:
by the shop's clock where its season proved itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import lifetimes
import polars as pl

from benchmarks.accuracy import REAL
from shopkeeper.engine.query import EVERYTHING, Parameter, Scope
from shopkeeper.engine.workspace import CursorWorkspace
from shopkeeper.jobs.buying.contest import Contest, contested
from shopkeeper.jobs.buying.result import HORIZONS, KIND_NAMES, HoldoutTest
from shopkeeper.jobs.buying.season import season_of
from shopkeeper.lake.version import Shop, Version
from shopkeeper.models.buying.contest import choice, standings
from shopkeeper.models.buying.model import KINDS
from shopkeeper.models.buying.rules import RULES
from shopkeeper.progress import UNHEARD
from shopkeeper.query_files import ROOT, load

PURCHASES = """
    SELECT
        dense_rank() OVER (ORDER BY customer) AS customer_key,
        day,
        min(day) OVER (PARTITION BY customer) AS first_day,
        date_diff('day', min(day) OVER (PARTITION BY customer), day) AS day_age,
        lag(date_diff('day', first_day, day)) OVER (PARTITION BY customer ORDER BY day) AS previous_day_age,
        true AS is_purchase
    FROM (SELECT *, min(day) OVER (PARTITION BY customer) AS first_day FROM bought)
"""


NO_EVENTS = pl.DataFrame(
    schema={"event_id": pl.String, "name": pl.String, "starts_on": pl.Date, "ends_on": pl.Date}
)  # fmt: skip


@dataclass(frozen=True)
class PurchaseLog:
    """Purchases of customers, `customer, day`, and the shop's events, that answer the job's queries."""

    connection: duckdb.DuckDBPyConnection
    version: Version
    scope: Scope = EVERYTHING

    @classmethod
    def of(cls, bought: pl.DataFrame, events: pl.DataFrame = NO_EVENTS) -> "PurchaseLog":
        """The log in a database of its own."""
        days = bought["day"]
        connection = duckdb.connect()
        connection.register("bought", bought.select("customer", "day").unique().sort("customer", "day").to_arrow())
        connection.sql(f"CREATE TABLE purchases AS {PURCHASES}")
        connection.register("events", events.select(NO_EVENTS.columns).to_arrow())
        version = Version(
            id="log",
            path=Path("nowhere"),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            parent=None,
            shop=Shop("Log", "USD", "UTC"),
            as_of=days.max(),  # type: ignore[arg-type]
            first_day=days.min(),  # type: ignore[arg-type]
            tables={},
            marts={},
            net_amount_in=Decimal(0),
            net_amount_published=Decimal(0),
            net_amount_rejected=Decimal(0),
            net_amount_unreadable_rows=0,
            identified_order_share=1.0,
            sources=(),
            warnings=(),
        )
        return cls(connection, version)

    def __call__(self, name: str, /, **parameters: Parameter) -> pl.DataFrame:
        """The rows of queries/<name>.sql."""
        rows: pl.DataFrame = self.connection.sql(load(name).sql, params=dict(parameters)).pl()
        return rows

    @contextmanager
    def workspace(self) -> Iterator[CursorWorkspace]:
        """Tables of its own, as the engine gives them."""
        with self.connection.cursor() as cursor:
            yield CursorWorkspace(cursor, self.version, self.scope)


def logs() -> Iterator[tuple[str, pl.DataFrame, pl.DataFrame]]:
    """Public purchase logs by name, and the simulated shop, each with its events."""
    sample = Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt"
    cells = [line.split() for line in sample.read_text().split("\n") if line.strip()]
    yield (
        "CDNOW sample",
        pl.DataFrame(
            {
                "customer": [row[1] for row in cells],
                "day": [date(int(row[2][:4]), int(row[2][4:6]), int(row[2][6:])) for row in cells],
            }
        ),
        NO_EVENTS,
    )
    master = pl.read_parquet(REAL / "cdnow_master.parquet")
    whole = master.select(customer=pl.col("customer_id").cast(pl.String), day=pl.col("ordered_on").cast(pl.Date))
    yield "CDNOW", whole, NO_EVENTS
    retail = pl.read_parquet(REAL / "online_retail.parquet")
    sold = retail.filter(pl.col("Quantity") > 0, pl.col("UnitPrice") > 0, pl.col("CustomerID").is_not_null())
    yield (
        "Online Retail",
        sold.select(customer=pl.col("CustomerID").cast(pl.String), day=pl.col("InvoiceDate").dt.date()),
        NO_EVENTS,
    )
    lines = pl.read_parquet(ROOT / "sample_data" / "order_lines")
    own = lines.filter(pl.col("status").fill_null("sale") == "sale", pl.col("customer_id").is_not_null())
    events = pl.read_parquet(ROOT / "sample_data" / "events.parquet")
    yield "the sample", own.select(customer="customer_id", day=pl.col("ordered_at").dt.date()), events


def pooled_rows(name: str, bought: pl.DataFrame, contest: Contest) -> Iterator[str]:
    """Lines of Markdown: over all cutoffs, a contestant each."""
    ranked = standings(contest.foresights, {*KINDS, *RULES})
    buyers = bought.unique().group_by("customer").len()
    believed = choice(ranked, float((buyers["len"] == 1).mean()))  # type: ignore[arg-type]
    for one in ranked:
        tests = [test for test in contest.tests if test.kind == one.kind and test.log_likelihood is not None]
        mark = " **(default)**" if believed and one.kind == believed.kind else ""
        ties = ", tied" if one.tied and one.behind else ""
        brier, tenths = (
            " / ".join(_mean(tests, days, figure) for days in HORIZONS) for figure in ("brier", "calibration_error")
        )
        mae = sum(test.mae or 0.0 for test in tests) / len(tests)
        totals = f"{one.expected:,.0f} / {one.came:,.0f}"
        yield (
            f"| {name} | {KIND_NAMES[one.kind]}{mark} | {one.log_score:.4f} | "
            f"{one.behind:.4f} ({one.standard_error:.4f}{ties}) | {totals} | {one.off:.2f} | "
            f"{mae:.3f} | {brier} | {tenths} |"
        )


def cutoff_rows(name: str, contest: Contest) -> Iterator[str]:
    """Lines of Markdown: each cutoff, a contestant each."""
    for test in contest.tests:
        if test.predicted is not None and test.came is not None:
            totals = f"{test.predicted:,.0f} / {test.came:,.0f}"
            yield f"| {name} | {test.cutoff} | {test.days} | {KIND_NAMES[test.kind]} | {totals} | {test.mae:.3f} |"


def _mean(tests: list[HoldoutTest], days: int, figure: str) -> str:
    values = [getattr(one, figure) for test in tests for one in test.horizons if one.days == days]
    return f"{sum(values) / len(values):.3f}" if values else "-"


def main() -> None:
    """Print the tables in Markdown: all cutoffs together, then each."""
    print(
        "| data | contestant | log score | behind (SE) | predicted / came | total off | MAE | "
        "Brier 30 / 60 / 90 / 180 | tenths off 30 / 60 / 90 / 180 |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---|---|")
    each: list[str] = []
    for name, bought, events in logs():
        log = PurchaseLog.of(bought, events)
        season = season_of(log, "day", log("jobs/buying/histories", cutoff=log.version.as_of), UNHEARD)
        contest = contested(log, "day", bought["customer"].n_unique(), UNHEARD, season.times)
        each += cutoff_rows(name, contest)
        for line in pooled_rows(name, bought, contest):
            print(line, flush=True)
    print("\n| data | cutoff | days after | contestant | predicted / came | MAE |")
    print("|---|---|---:|---|---:|---:|")
    print("\n".join(each))


if __name__ == "__main__":
    main()
