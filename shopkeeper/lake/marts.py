"""From tables to marts: the DuckDB instance that publishing works on, and what it writes."""

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from duckdb import DuckDBPyConnection

from shopkeeper.contract.tables import TABLES
from shopkeeper.errors import Refused
from shopkeeper.lake.persons import KEPT, Linking, link_accounts
from shopkeeper.lake.workbench import typed, write
from shopkeeper.messages import message
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import QueryFile, load, load_folder


@dataclass(frozen=True)
class Facts:
    """What the order lines say of the shop as a whole; the days are `None` where there is no line.

    `last_day` is what as-of is where nobody says otherwise; `longest_days_between_sales` that of the last 91 days.
    """

    first_day: date | None
    last_day: date | None
    last_sale_day: date | None
    last_line_day: date | None
    longest_days_between_sales: int | None
    net_amount: Decimal


@dataclass(frozen=True)
class SoldOrders:
    """Orders with a sale line, and how many of them name a buyer."""

    sold_orders: int
    identified_orders: int

    @property
    def identified_share(self) -> float | None:
        """`None` without any order."""
        return self.identified_orders / self.sold_orders if self.sold_orders else None


@dataclass(frozen=True)
class Made:
    """Files of marts, and of the steps and keys from which the next publication patches them."""

    marts: Mapping[str, Sequence[Path]]
    steps: Mapping[str, Sequence[Path]]


def open_tables(connection: DuckDBPyConnection, tables: Mapping[str, Sequence[Path]]) -> None:
    """Make a view of every table of the contract.

    Raise `Refused` where a file's column is not of the contract's type: casting here would change values in silence.
    """
    for table in TABLES:
        relation = typed(connection, table, tables.get(table.name, ()))
        for column, stored_type in zip(table.columns, relation.types, strict=True):
            if str(stored_type) != column.type:
                raise Refused(
                    message(
                        "Table {name}: column {column} is stored as {found}, but must be {type}. Import {name} again.",
                        name=table.name,
                        column=column.name,
                        found=stored_type,
                        type=column.type,
                    )
                )
        relation.create_view(table.name, replace=False)


def read_facts(connection: DuckDBPyConnection, queries: Path) -> Facts:
    """Run queries/publishing/facts.sql on the open tables."""
    row = connection.sql(load("publishing/facts", queries).sql).to_dicts()[0]
    return Facts(**row)


def count_sold_orders(connection: DuckDBPyConnection, queries: Path) -> SoldOrders:
    """Run queries/publishing/sold_orders.sql on the open tables."""
    row = connection.sql(load("publishing/sold_orders", queries).sql).to_dicts()[0]
    return SoldOrders(**row)


def build_marts(
    connection: DuckDBPyConnection,
    directory: Path,
    queries: Path,
    parameters: Mapping[str, date],
    progress: Progress = UNHEARD,
    linking: Linking | None = None,
    only: Collection[str] = (),
    steps: Path | None = None,
) -> Made:
    """Write every mart of queries/marts, or `only` some, into `directory`, each visible to those after it; give their
    files.

    Accounts are linked to persons first, by `linking`: every step after that reads who bought from `int_persons`. What
    patching starts from is written into the folder `steps`, if given.

    Raise `ValueError` where a query asks for a parameter that publishing does not know.
    """
    directory.mkdir()
    scratch = directory / "scratch"
    scratch.mkdir()
    progress.step("Linking accounts", 0.0)
    link_accounts(connection, scratch, linking, queries)
    open_staging(connection, queries)
    for query in load_folder("intermediate", queries):
        # Run once and kept while publishing: many marts read it, some of them twice. A table is made in half the time
        # of a file, and spills to disk where memory is short.
        name = "int_" + query.name.removeprefix("intermediate/")
        progress.step(f"Preparing {name}", 0.0)
        connection.sql(query.sql, params=bound(query, parameters)).create(name)
    kept = _kept(connection, scratch, steps, queries) if steps else {}
    files: dict[str, Path] = {}
    marts = [mart for mart in load_folder("marts", queries) if not only or mart.name.split("/")[1] in only]
    for done, query in enumerate(marts):
        name = query.name.removeprefix("marts/")
        progress.step(f"Building {name}", done / len(marts))
        files[name] = directory / f"{name}.parquet"
        write(connection.sql(query.sql, params=bound(query, parameters)), files[name])
        connection.read_parquet(str(files[name])).create_view(name, replace=False)
    shutil.rmtree(scratch)
    return Made({name: [file] for name, file in files.items()}, kept)


def open_staging(connection: DuckDBPyConnection, queries: Path) -> None:
    """Make the views of queries/staging: names and types only, read through where they are asked for, never kept."""
    for query in load_folder("staging", queries):
        connection.sql(query.sql).create_view("stg_" + query.name.removeprefix("staging/"), replace=False)


def _kept(connection: DuckDBPyConnection, scratch: Path, steps: Path, queries: Path) -> dict[str, list[Path]]:
    """Who is whom, and the steps that can be patched."""
    steps.mkdir()
    kept = {name: steps / f"{name}.parquet" for name in KEPT}
    for file in kept.values():
        os.link(scratch / file.name, file)
    for query in load_folder("intermediate", queries):
        if query.patched_by:
            name = "int_" + query.name.removeprefix("intermediate/")
            kept[name] = steps / f"{name}.parquet"
            write(connection.table(name), kept[name], "lz4")
    return {name: [file] for name, file in kept.items()}


def bound(query: QueryFile, parameters: Mapping[str, date]) -> dict[str, date] | None:
    """The parameters that the query declares."""
    if unknown := query.parameters - parameters.keys():
        raise ValueError(f"query {query.name}: publishing does not know ${', $'.join(sorted(unknown))}")
    return {name: parameters[name] for name in query.parameters} or None
