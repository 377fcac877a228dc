"""What a version holds: rows and money in, published and rejected, and the faults by rule."""

from dataclasses import dataclass
from typing import Annotated

import polars as pl

from shopkeeper.contract.tables import TABLES as CONTRACT
from shopkeeper.lake.version import Version
from shopkeeper.shop.data.frames import REJECTS, RULES, TABLES


@dataclass(frozen=True)
class VersionContent:
    """`missing` are tables of the contract that were not brought. `reconciles`: brought in = published + rejected."""

    rows_in: int
    rows_published: int
    reconciles: bool
    missing: tuple[str, ...]
    tables: Annotated[pl.DataFrame, TABLES]


def report(version: Version) -> VersionContent:
    """What one version holds."""
    rows = [
        (
            name,
            stats.rows_in,
            stats.rows_published,
            stats.rows_rejected,
            ", ".join(source.name for source in version.sources if source.table == name),
        )
        for name, stats in version.tables.items()
    ]
    tables = pl.DataFrame(rows, schema=TABLES.schema(), orient="row")
    rows_in, published = int(tables["rows_in"].sum()), int(tables["rows_published"].sum())
    sums_agree = version.net_amount_in == version.net_amount_published + version.net_amount_rejected
    return VersionContent(
        rows_in,
        published,
        sums_agree and rows_in == published + version.rows_rejected,
        tuple(table.name for table in CONTRACT if table.name not in version.tables),
        tables,
    )


def rejects(version: Version) -> Annotated[pl.DataFrame, REJECTS]:
    """All faults of the version; empty where nothing was rejected."""
    empty = pl.DataFrame(schema=REJECTS.schema())
    if not version.rejects:
        return empty
    # Versions of the first programs have no column `message`.
    return pl.concat([empty, pl.read_parquet(version.rejects)], how="diagonal").select(empty.columns)


def by_rule(faults: Annotated[pl.DataFrame, REJECTS]) -> Annotated[pl.DataFrame, RULES]:
    """How many faults of each kind there are."""
    counts = faults.group_by("table", "column", "rule").len("rows")
    return counts.sort("rows", "table", "column", "rule", descending=[True, False, False, False])
