"""Reports as files, for those who run them by the clock: the rows and words of the screen."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import typer

from shopkeeper import exports
from shopkeeper.cli.terminal import Day, day, out, progress, version_served
from shopkeeper.customers.churn import report as churn
from shopkeeper.customers.churn import table as churn_table
from shopkeeper.customers.filters import CustomerFilters, filter_values
from shopkeeper.customers.identity import report as identity
from shopkeeper.customers.identity import table as identity_table
from shopkeeper.customers.lifecycle import report as lifecycle
from shopkeeper.customers.lifecycle import table as lifecycle_table
from shopkeeper.customers.lifetime_value import report as lifetime_value
from shopkeeper.customers.lifetime_value import table as lifetime_value_table
from shopkeeper.customers.model_check import report as model_check
from shopkeeper.customers.model_check import table as model_check_table
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention.report import View
from shopkeeper.customers.retention.table import cells
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.engine.query import Choice
from shopkeeper.errors import Refused
from shopkeeper.exports import download
from shopkeeper.imports.spellings import spellings_to_look_up
from shopkeeper.jobs.buying import files, score_files
from shopkeeper.jobs.buying import run as buying_run
from shopkeeper.jobs.buying.result import Fits
from shopkeeper.lake.version import Version
from shopkeeper.messages import message
from shopkeeper.models.buying.stages import StageRules

export = typer.Typer(no_args_is_help=True, help="Write a report as .csv, .xlsx or .parquet: the rows of the screen.")

Output = Annotated[Path, typer.Option("-o", "--output", help="The file; its ending says the format.")]
Several = Annotated[list[str] | None, typer.Option(help="May be given more than once; left out means all.")]
Until = Annotated[datetime | None, typer.Option("--until", "--as-of", formats=["%Y-%m-%d"])]
Model = Annotated[
    Literal["mbg_nbd", "bg_nbd", "pareto_nbd"] | None, typer.Option(help="Left out: the one that won the holdout.")
]
FittedBy = Annotated[Literal["shop", "channel", "cohort"], typer.Option(help="Whose purchases the model is fitted to.")]
Valued = Annotated[Literal["margin", "revenue"], typer.Option(help="What customers are worth in.")]
Discount = Annotated[float, typer.Option(help="Per year; 0.1 is 10 %.")]
ActiveDays = Annotated[int, typer.Option(help="Active for so many days after a purchase.")]
LostDays = Annotated[int, typer.Option(help="Lost after so many days without one.")]
LoyalPurchases = Annotated[int, typer.Option(help="Loyal from so many purchases.")]


def acquired(
    acquired_channel: Several = None,
    acquired_region: Several = None,
    acquired_category: Several = None,
    acquired_sku: Several = None,
    cohort_from: Day = None,
    cohort_to: Day = None,
    until: Until = None,
) -> CustomerFilters:
    """Filters by the first-ever purchase, the options of every report."""
    return CustomerFilters(
        acquired_channels=_choice(acquired_channel),
        acquired_regions=_choice(acquired_region),
        acquired_categories=_choice(acquired_category),
        acquired_skus=_choice(acquired_sku),
        cohort_from=day(cohort_from),
        cohort_to=day(cohort_to),
        until=day(until),
    )


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of `acquired` in place of its parameter `filters`."""
    own, shared = (dict(inspect.signature(function).parameters) for function in (command, acquired))
    del own["filters"]

    def run(**options: Any) -> None:
        filters = acquired(**{name: options.pop(name) for name in shared})
        command(filters=filters, **options)

    kinds = get_type_hints(acquired, include_extras=True) | get_type_hints(command, include_extras=True)
    run.__doc__, run.__name__ = command.__doc__, command.__name__
    run.__annotations__ = {name: kinds[name] for name in (*own, *shared)}
    # Typer reads a command's options from its signature.
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own.values(), *shared.values())
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


@export.command("retention")
@filtered
def export_retention(
    filters: CustomerFilters,
    *,
    output: Output,
    period: Annotated[Literal["day", "week", "month", "quarter"], typer.Option()] = "month",
    method: Annotated[Literal["exact", "unbounded", "cumulative"], typer.Option()] = "exact",
    windows: Annotated[Literal["calendar", "rolling"], typer.Option()] = "calendar",
    window_days: Annotated[int, typer.Option(help="Days of a rolling window; 0: 1, 7, 30 or 90 by period.")] = 0,
    measure: Annotated[Literal["customers", "revenue", "margin", "orders"], typer.Option()] = "customers",
    bought_channel: Several = None,
    bought_region: Several = None,
    bought_category: Several = None,
) -> None:
    """Cohort retention, one row per cohort and age."""
    chosen = replace(
        filters,
        bought_channels=_choice(bought_channel),
        bought_regions=_choice(bought_region),
        bought_categories=_choice(bought_category),
    )
    view = View(period, method, windows, window_days, measure)
    version, query = _opened(output, chosen)
    write(output, cells(version, retention.report(query, chosen, view)))


@export.command("churn")
@filtered
def export_churn(
    filters: CustomerFilters,
    *,
    output: Output,
    horizon: Annotated[int, typer.Option(help="Days over which risk is told: 30, 60, 90 or 180.")] = 90,
    model: Model = None,
    fitted_by: FittedBy = "shop",
    value: Valued = "margin",
    discount: Discount = 0.1,
    rescue: Annotated[bool, typer.Option("--rescue", help="Only the rescue list.")] = False,
    leave_lost: Annotated[
        bool, typer.Option("--leave-lost/--with-lost", help="Whether the rescue list leaves out who is lost.")
    ] = True,
    active_days: ActiveDays = 90,
    lost_days: LostDays = 180,
    loyal_purchases: LoyalPurchases = 4,
) -> None:
    """Churn risk and value at stake, one row per customer."""
    rules = StageRules(active_days, lost_days, loyal_purchases)
    options = churn.ChurnOptions(horizon, model, fitted_by, value, discount, leave_lost=leave_lost, rules=rules)
    version, query, fits = _fitted(output, filters)
    churn_risk = churn.report(query, fits, filters, options)
    sheet = churn_table.rescue if rescue else churn_table.customers
    write(output, sheet(version, churn_risk, lambda: churn.listing(query, fits, churn_risk, to_rescue=rescue)))


@export.command("lifetime_value")
@filtered
def export_lifetime_value(
    filters: CustomerFilters,
    *,
    output: Output,
    horizon: Annotated[int, typer.Option(help="Months ahead: 3, 6, 12 or 24.")] = 12,
    model: Model = None,
    fitted_by: FittedBy = "shop",
    value: Valued = "margin",
    discount: Discount = 0.1,
) -> None:
    """Historic and predicted value, one row per customer."""
    options = lifetime_value.LifetimeValueOptions(horizon, model, fitted_by, value, discount)
    version, query, fits = _fitted(output, filters)
    value_report = lifetime_value.report(query, fits, filters, options)
    read_whole = partial(lifetime_value.listing, query, fits, value_report)
    write(output, lifetime_value_table.customers(version, value_report, read_whole))


@export.command("lifecycle")
@filtered
def export_lifecycle(
    filters: CustomerFilters,
    *,
    output: Output,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Left out: 90 days before.")] = None,
    active_days: ActiveDays = 90,
    lost_days: LostDays = 180,
    loyal_purchases: LoyalPurchases = 4,
    from_stage: Annotated[str, typer.Option(help="Only who was in this stage then.")] = "any",
    to_stage: Annotated[str, typer.Option(help="Only who is in this stage now.")] = "any",
) -> None:
    """Lifecycle stages then and now, one row per customer."""
    rules = StageRules(active_days, lost_days, loyal_purchases)
    version, query = _opened(output, filters)
    report = lifecycle.report(query, filters, rules, day(since))
    customers = lifecycle.customers(query, filters, rules, day(since), from_stage, to_stage)
    write(output, lifecycle_table.customers(version, report, customers))


@export.command("model_check")
def export_model_check(output: Output, model: Model = None) -> None:
    """Predicted and actual in the holdout, one row per figure of the test."""
    version, query, fits = _fitted(output, CustomerFilters())
    write(output, model_check_table.whole(version, model_check.report(query, fits, model)))


@export.command("identity")
def export_identity(
    output: Output,
    view: Annotated[
        Literal["channels", "coverage", "kinds", "groups", "shared_keys", "levels"], typer.Option(help="Which table.")
    ] = "channels",
    person: Annotated[
        str, typer.Option(help="Instead: the accounts of the person with this account, e-mail or phone.")
    ] = "",
) -> None:
    """Persons and accounts by channel, or what links them."""
    version, query = _opened(output, CustomerFilters())
    if person:
        accounts = identity.accounts_called(query, spellings_to_look_up(person.strip(), version))
        if accounts.is_empty():
            raise Refused(message("No account with an order is called so. Give it as the data have it, or a phone."))
        write(output, identity_table.accounts(version, accounts))
        return
    report = identity.report(query)
    if view == "levels" and report.levels.is_empty():
        raise Refused(message("The figures under other linking are not made yet: run `python -m shopkeeper fit`."))
    write(output, getattr(identity_table, view)(version, report))


def _opened(output: Path, filters: CustomerFilters) -> tuple[Version, Engine]:
    exports.check_suffix(output)
    version = version_served()
    query = open_version(version, made=score_files.table_files(version))
    filters.refuse_unknown(filter_values(query))
    return version, query


def _fitted(output: Path, filters: CustomerFilters) -> tuple[Version, Engine, Fits]:
    """As `_opened`, with the fits of the version; they are made where they are missing."""
    exports.check_suffix(output)
    version = version_served()
    fits = files.read(version)
    if fits is None:
        with progress() as bar:
            fits = buying_run.make(version, bar)
    return *_opened(output, filters), fits


def write(output: Path, made: download.Download) -> None:
    """Write the file and say what is in it."""
    exports.write(output, made.whole(), made.about, made.columns)
    out.print(
        f"{made.about.rows:,} rows as of {made.about.as_of} are in {output}. {made.about.filter_text()}", markup=False
    )


def _choice(values: list[str] | None) -> Choice:
    return tuple(values) if values else None
