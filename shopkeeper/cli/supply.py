"""Exports of the pages of supply from the command line: `export coverage`, `demand`, `replenishment` and the like.

Each is a plain function; `COMMANDS` names them, and `cli` registers them beside the exports of customers.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from shopkeeper import exports, state
from shopkeeper.cli.customers import Output, Several, write
from shopkeeper.cli.terminal import err, version_served
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.errors import Refused
from shopkeeper.jobs.forecast import files
from shopkeeper.merchant.in_force import InForce
from shopkeeper.messages import message
from shopkeeper.supply.coverage import report as coverage
from shopkeeper.supply.coverage import table
from shopkeeper.supply.demand import backtest
from shopkeeper.supply.demand import report as demand
from shopkeeper.supply.demand import table as demand_table
from shopkeeper.supply.filters import GoodsFilters, filter_values
from shopkeeper.supply.network import report as network
from shopkeeper.supply.network import table as network_table
from shopkeeper.supply.replenishment import report as replenishment
from shopkeeper.supply.replenishment import table as replenishment_table
from shopkeeper.supply.replenishment import transfers


def export_coverage(
    output: Output,
    by: Annotated[str, typer.Option(help="Rows: sku (SKU x region), location (location x SKU), cell.")] = "sku",
    category: Several = None,
    region: Several = None,
    sku: Several = None,
    location: Several = None,
) -> None:
    """How long the stock lasts, one row per SKU and region, location and SKU, or region and category."""
    if by not in table.ROWS:
        raise Refused(
            message(
                "--by is “{by}”; choose one of {choices}.",
                by=by,
                choices=", ".join(table.ROWS),
            )
        )
    query = opened(output)
    filters = goods(query, category, region, sku, location)
    report = coverage.report(query, filters, in_force(query))
    places = coverage.locations(query, filters, in_force(query)) if by == "location" else None
    write(output, table.coverage(query.version, report, by, places))


def export_demand(
    output: Output,
    by: Annotated[str, typer.Option(help=f"Rows by week of: {', '.join(demand.KEYS)}.")] = "category",
    category: Several = None,
    region: Several = None,
    sku: Several = None,
) -> None:
    """What will be asked for, one row per series and week ahead, with bands, statistical and with manual values."""
    options = demand.DemandOptions(by)  # type: ignore[arg-type]
    query = opened(output)
    filters = goods(query, category, region, sku)
    report = demand.report(query, filters, in_force(query), options)
    write(output, demand_table.demand(query.version, report))


def export_forecast_check(
    output: Output,
    items: Annotated[bool, typer.Option("--items", help="One row per item, the most costly error first.")] = False,
    category: Several = None,
    region: Several = None,
    sku: Several = None,
) -> None:
    """How well demand was forecast before, one row per level, beside the seasonal naive."""
    query = opened(output)
    report = backtest.report(query, goods(query, category, region, sku))
    make = demand_table.worst if items else demand_table.forecast_accuracy
    write(output, make(query.version, report))


def export_network(
    output: Output,
    by: Annotated[
        str, typer.Option(help="Rows: nodes, regions, categories, lanes, missing, candidates (to switch on or open).")
    ] = "nodes",
    promise: Annotated[float, typer.Option(help="Days within which a region is served near.")] = 2.0,
    window: Annotated[int, typer.Option(help="Days ahead whose demand is looked at: 14 or 28.")] = 14,
    node_cost: Annotated[float, typer.Option(min=0, help="What a further node itself costs a year.")] = 0.0,
    category: Several = None,
    region: Several = None,
    sku: Several = None,
) -> None:
    """How near the goods are: nodes, regions, categories, lanes, what is missing, what a further node would bring."""
    if by not in network_table.ROWS:
        raise Refused(
            message(
                "--by is “{by}”; choose one of {choices}.",
                by=by,
                choices=", ".join(network_table.ROWS),
            )
        )
    options = network.NetworkOptions(promise, window)
    query = opened(output)
    filters = goods(query, category, region, sku)
    report = network.report(query, filters, in_force(query), options)
    write(output, network_table.network(query.version, report, by, node_cost))


def export_replenishment(
    output: Output,
    due: Annotated[
        str, typer.Option(help="Lines: all, or of today, week (this week), wait (can wait), doubt (look first).")
    ] = "all",
    category: Several = None,
    region: Several = None,
    sku: Several = None,
    location: Several = None,
) -> None:
    """What to order and when, one row per location and SKU, with the reason; doubtful lines are in no order."""
    choices = ("all", *replenishment_table.DUE)
    if due not in choices:
        raise Refused(message("--due is “{due}”; choose one of {choices}.", due=due, choices=", ".join(choices)))
    query = opened(output)
    report = replenishment.report(query, goods(query, category, region, sku, location), in_force(query))
    write(output, replenishment_table.orders(query.version, report, replenishment_table.lines_of(report, due)))


def export_transfers(
    output: Output, category: Several = None, region: Several = None, sku: Several = None, location: Several = None
) -> None:
    """What to move between locations today, one row per lane and SKU."""
    query = opened(output)
    report = transfers.report(query, goods(query, category, region, sku, location), in_force(query))
    write(output, replenishment_table.transfers(query.version, report))


def opened(output: Path) -> Engine:
    """The data served with its forecasts. Raise `Refused` for a file whose ending is no format, before any work."""
    exports.check_suffix(output)
    version = version_served()
    if files.current_run(version) is None:
        err.print("There is no forecast of this data yet; `python -m shopkeeper forecast` makes one.")
    return open_version(version, made=files.table_files(version))


def goods(
    query: Engine,
    category: list[str] | None = None,
    region: list[str] | None = None,
    sku: list[str] | None = None,
    location: list[str] | None = None,
) -> GoodsFilters:
    """What was chosen. Raise `Refused`, naming the value, where the data do not have it."""
    values = dict(zip(GoodsFilters.CHOICES, (category, region, sku, location), strict=True))
    filters = GoodsFilters(**{name: tuple(chosen) if chosen else None for name, chosen in values.items()})
    filters.refuse_unknown(filter_values(query))
    return filters


def in_force(query: Engine) -> InForce:
    """What was set on the screen."""
    version = query.version
    held = state.open_state(state.url_of(version.path.parents[1], sample=version.shop.sample))
    try:
        return InForce(state.policy(held), state.overrides(held))
    finally:
        held.close()


COMMANDS: Mapping[str, Callable[..., None]] = {
    "coverage": export_coverage,
    "demand": export_demand,
    "forecast_check": export_forecast_check,
    "network": export_network,
    "replenishment": export_replenishment,
    "transfers": export_transfers,
}
"""By name; each page of supply adds its own."""


def register(export: typer.Typer) -> None:
    """Add all commands to `export`."""
    for name, command in COMMANDS.items():
        export.command(name)(command)
