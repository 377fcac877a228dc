"""The same program without a screen. 0 is done; 1 is refused, with a sentence on standard error and no traceback."""

import logging
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from shopkeeper import (
    churn,
    customer_downloads,
    downloads,
    exports,
    fit_files,
    i18n,
    imports,
    lake,
    lifecycle,
    lifetime_value,
    model_check,
    retention,
    sample,
    startup,
)
from shopkeeper.engine import Engine, open_version
from shopkeeper.errors import Refused
from shopkeeper.filters import Choice, Filters, known_values, refuse_unknown
from shopkeeper.fits import KIND_NAMES, Fits
from shopkeeper.imports import mapping as mappings
from shopkeeper.manifest import Version
from shopkeeper.retention import View
from shopkeeper.served import served

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Shopkeeper: one merchant's customers and goods.",
)  # fmt: skip
export = typer.Typer(no_args_is_help=True, help="Write a report as .csv, .xlsx or .parquet: the rows of the screen.")
app.add_typer(export, name="export")
out, err = Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
Several = Annotated[list[str] | None, typer.Option(help="May be given more than once; left out means all.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    i18n.use(i18n.SOURCE)
    try:
        given = app(args=arguments, standalone_mode=False)
    except Refused as refusal:
        return _refuse(str(refusal))
    except typer.TyperException as misuse:
        return _refuse(f"{_words(misuse)} See `python -m shopkeeper --help`.")
    except (typer.Abort, KeyboardInterrupt):
        return _refuse("Stopped. The data served before is untouched.")
    except BrokenPipeError:
        # The reader has gone; closing standard output again at exit would complain a second time.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as fault:
        return _refuse(_log_fault(fault))
    return given if isinstance(given, int) else 0


def _words(misuse: typer.TyperException) -> str:
    told = getattr(misuse, "format_message", misuse.__str__)()
    return told if told.endswith((".", "!", "?")) else f"{told}."


def _refuse(sentence: str) -> int:
    err.print(sentence, style="red", markup=False)
    return 1


def _log_fault(fault: Exception) -> str:
    number = secrets.token_hex(4)
    log = Path(tempfile.gettempdir()) / f"shopkeeper-fault-{number}.log"
    handler = logging.FileHandler(log, encoding="utf-8")
    logger = logging.getLogger("shopkeeper.fault")
    logger.addHandler(handler)
    logger.propagate = False
    logger.error("fault %s", number, exc_info=fault)
    handler.close()
    return (
        f"This should not have happened (fault {number}). What went wrong is in {log}; please report it with that file."
    )


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error that names the step at work."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield lambda step, share: bar.update(task, description=step, completed=share)


@app.command(name="sample")
def make_sample(
    directory: Path,
    orders: Annotated[int, typer.Option(min=1000, help="How many orders, about.")] = 60_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shop.")] = 7,
) -> None:
    """Simulate a believable shop and write it, with the truth behind it, into DIRECTORY."""
    with _progress() as tell:
        sample.generate(directory, orders, seed, lambda share, step: tell(step, share))
    out.print(f"A shop of about {orders:,} orders is in {directory}, the truth behind it in {directory / 'truth'}.")


@app.command(name="import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="CSV, XLSX or Parquet files, or folders of them.")],
    mapping: Annotated[str, typer.Option(help="A ready mapping by name, or a TOML file.")] = "sample",
    strict: Annotated[bool, typer.Option("--strict", help="Refuse the import where any row is rejected.")] = False,
    append: Annotated[
        bool, typer.Option("--append", help="Add rows to those served; else tables are replaced.")
    ] = False,
    as_of: Day = None,
) -> None:
    """Check the merchant's files and serve them as a new version; list what broke the contract."""
    with _progress() as tell:
        outcome = imports.import_files(
            paths,
            mappings.load(mapping),
            lake.data_folder(),
            strict=strict,
            append=append,
            as_of=_day(as_of),
            progress=tell,
        )
    _print_outcome(outcome)
    with _progress() as tell:
        fits = fit_files.make(outcome.version, tell)
    out.print(fits.reason.told(), markup=False)


def _print_outcome(outcome: imports.Outcome) -> None:
    out.print(outcome.message, markup=False)
    for table in outcome.tables:
        counts = f"{table.rows_in:,} in = {table.rows_published:,} published + {table.rows_rejected:,} rejected"
        out.print(f"  {table.name}: {counts}", markup=False)
    if outcome.net_amount_unreadable_rows:
        out.print(f"  {outcome.net_amount_unreadable_rows:,} rejected rows have a net amount that cannot be read.")
    for line in (*(rule.sentence() for rule in outcome.broken_rules), *outcome.warnings):
        out.print(f"  - {line}", markup=False)
    version = outcome.version
    if version.rejects:
        out.print(f"The rejected rows are in {version.rejects}; the Data page shows them too.", markup=False)
    out.print(f"Version {version.id} is served, with data from {version.first_day} to {version.as_of}.", markup=False)


@app.command("fit")
def fit_() -> None:
    """Fit the models of buying behaviour to the data served, and test them on its own past."""
    version = _served()
    with _progress() as tell:
        fits = fit_files.make(version, tell)
    for trial in fits.trials:
        name = KIND_NAMES[trial.kind]
        if trial.log_likelihood is None:
            out.print(f"  {name}: {trial.refused.told() if trial.refused else 'no fit'}", markup=False)
            continue
        out.print(
            f"  {name}: log-likelihood {trial.log_likelihood:,.1f}, mean error {trial.mae:.3f}, "
            f"bias {trial.bias:+.3f}, risk off by {trial.calibration_error:.1%} on average "
            f"and {trial.worst_tenth:.1%} at worst",
            markup=False,
        )
    for sentence in (fits.reason, *fits.notes):
        out.print(sentence.told(), markup=False)
    out.print(f"The fits of version {version.id} are in {fit_files.path_of(version)}.", markup=False)


@app.command()
def versions() -> None:
    """List the versions that are kept, the newest first."""
    root = lake.data_folder()
    served = lake.current_id(root)
    kept = lake.versions(root)
    for version in kept:
        mark = "*" if version.id == served else " "
        lines = version.tables["order_lines"].rows_published
        amount = f"{version.net_amount_published:,.2f} {version.shop.currency}"
        out.print(
            f"{mark} {version.id}  published {version.created_at:%Y-%m-%d %H:%M} UTC  as of {version.as_of}  "
            f"{lines:,} order lines  {version.rows_rejected:,} rows rejected  {amount}",
            markup=False,
        )
    if not kept:
        out.print(f"Nothing has been imported into {root} yet; the sample shop is shown. Use `import` to bring data.")


@app.command()
def rollback(version: Annotated[str, typer.Argument(help="Its id; left out: the one served before.")] = "") -> None:
    """Serve an earlier version again."""
    served = lake.rollback(lake.data_folder(), version or None)
    out.print(f"Version {served.id} is served, with data as of {served.as_of}.")


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    address: Annotated[str, typer.Option(help="Only the own machine unless told otherwise.")] = "127.0.0.1",
) -> None:
    """Open the app in the browser."""
    startup.serve(address, port)


@export.command("retention")
def export_retention(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file; its ending says the format.")],
    period: Annotated[Literal["week", "month", "quarter"], typer.Option()] = "month",
    method: Annotated[Literal["exact", "unbounded", "cumulative"], typer.Option()] = "exact",
    windows: Annotated[Literal["calendar", "rolling"], typer.Option()] = "calendar",
    window_days: Annotated[int, typer.Option(help="Days of a rolling window; 0: 7, 30 or 90 by period.")] = 0,
    measure: Annotated[Literal["customers", "revenue", "margin", "orders"], typer.Option()] = "customers",
    acquired_channel: Several = None,
    acquired_region: Several = None,
    acquired_category: Several = None,
    acquired_sku: Several = None,
    bought_channel: Several = None,
    bought_region: Several = None,
    bought_category: Several = None,
    cohort_from: Day = None,
    cohort_to: Day = None,
    until: Annotated[datetime | None, typer.Option("--until", "--as-of", formats=["%Y-%m-%d"])] = None,
) -> None:
    """Cohort retention, one row per cohort and age."""
    filters = Filters(
        acquired_channels=_choice(acquired_channel), acquired_regions=_choice(acquired_region),
        acquired_categories=_choice(acquired_category), acquired_skus=_choice(acquired_sku),
        bought_channels=_choice(bought_channel), bought_regions=_choice(bought_region),
        bought_categories=_choice(bought_category),
        cohort_from=_day(cohort_from), cohort_to=_day(cohort_to), until=_day(until),
    )  # fmt: skip
    view = View(period, method, windows, window_days, measure)
    exports.check_suffix(output)
    version = _served()
    query = open_version(version)
    refuse_unknown(filters, known_values(query))
    found = retention.report(query, filters, view)
    _write(output, downloads.cells(version, found))


Output = Annotated[Path, typer.Option("-o", "--output", help="The file; its ending says the format.")]
Until = Annotated[datetime | None, typer.Option("--until", "--as-of", formats=["%Y-%m-%d"])]
Model = Annotated[
    Literal["mbg_nbd", "bg_nbd", "pareto_nbd"] | None, typer.Option(help="Left out: the one that won the holdout.")
]
FittedBy = Annotated[Literal["shop", "channel", "cohort"], typer.Option(help="Whose purchases the model is fitted to.")]
Valued = Annotated[Literal["margin", "revenue"], typer.Option(help="What customers are worth in.")]
Discount = Annotated[float, typer.Option(help="Per year; 0.1 is 10 %.")]


@export.command("churn")
def export_churn(
    output: Output,
    horizon: Annotated[int, typer.Option(help="Days over which risk is told: 30, 60, 90 or 180.")] = 90,
    model: Model = None,
    fitted_by: FittedBy = "shop",
    value: Valued = "margin",
    discount: Discount = 0.1,
    rescue: Annotated[bool, typer.Option("--rescue", help="Only the rescue list.")] = False,
    acquired_channel: Several = None,
    acquired_region: Several = None,
    acquired_category: Several = None,
    acquired_sku: Several = None,
    cohort_from: Day = None,
    cohort_to: Day = None,
    until: Until = None,
) -> None:
    """Churn risk and value at stake, one row per customer."""
    acquired = (acquired_channel, acquired_region, acquired_category, acquired_sku)
    filters = _acquired(acquired, cohort_from, cohort_to, until)
    options = churn.Options(horizon, model, fitted_by, value, discount)
    version, query, fits = _fitted(output, filters)
    found = churn.report(query, fits, filters, options)
    _write(output, customer_downloads.churn(version, found, rescue=rescue))


@export.command("lifetime_value")
def export_lifetime_value(
    output: Output,
    horizon: Annotated[int, typer.Option(help="Months ahead: 3, 6, 12 or 24.")] = 12,
    model: Model = None,
    fitted_by: FittedBy = "shop",
    value: Valued = "margin",
    discount: Discount = 0.1,
    acquired_channel: Several = None,
    acquired_region: Several = None,
    acquired_category: Several = None,
    acquired_sku: Several = None,
    cohort_from: Day = None,
    cohort_to: Day = None,
    until: Until = None,
) -> None:
    """Historic and predicted value, one row per customer."""
    acquired = (acquired_channel, acquired_region, acquired_category, acquired_sku)
    filters = _acquired(acquired, cohort_from, cohort_to, until)
    options = lifetime_value.Options(horizon, model, fitted_by, value, discount)
    version, query, fits = _fitted(output, filters)
    _write(output, customer_downloads.lifetime_value(version, lifetime_value.report(query, fits, filters, options)))


@export.command("lifecycle")
def export_lifecycle(
    output: Output,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Left out: 90 days before.")] = None,
    active_days: Annotated[int, typer.Option(help="Active for so many days after a purchase.")] = 90,
    lost_days: Annotated[int, typer.Option(help="Lost after so many days without one.")] = 180,
    loyal_purchases: Annotated[int, typer.Option(help="Loyal from so many purchases.")] = 4,
    from_stage: Annotated[str, typer.Option(help="Only who was in this stage then.")] = "any",
    to_stage: Annotated[str, typer.Option(help="Only who is in this stage now.")] = "any",
    acquired_channel: Several = None,
    acquired_region: Several = None,
    acquired_category: Several = None,
    acquired_sku: Several = None,
    cohort_from: Day = None,
    cohort_to: Day = None,
    until: Until = None,
) -> None:
    """Lifecycle stages then and now, one row per customer."""
    acquired = (acquired_channel, acquired_region, acquired_category, acquired_sku)
    filters = _acquired(acquired, cohort_from, cohort_to, until)
    rules = lifecycle.Rules(active_days, lost_days, loyal_purchases)
    version, query = _opened(output, filters)
    found = lifecycle.report(query, filters, rules, _day(since))
    customers = lifecycle.customers(query, filters, rules, _day(since), from_stage, to_stage)
    _write(output, customer_downloads.lifecycle(version, found, customers))


@export.command("model_check")
def export_model_check(output: Output, model: Model = None) -> None:
    """Predicted and actual in the holdout, one row per figure of the test."""
    version, query, fits = _fitted(output, Filters())
    _write(output, customer_downloads.model_check(version, model_check.report(query, fits, model)))


def _acquired(
    choices: tuple[list[str] | None, ...], first: datetime | None, last: datetime | None, until: datetime | None
) -> Filters:
    """Filters by the first-ever purchase, which are all that a customer's whole history can be chosen by."""
    channels, regions, categories, skus = map(_choice, choices)
    return Filters(
        acquired_channels=channels, acquired_regions=regions, acquired_categories=categories, acquired_skus=skus,
        cohort_from=_day(first), cohort_to=_day(last), until=_day(until),
    )  # fmt: skip


def _opened(output: Path, filters: Filters) -> tuple[Version, Engine]:
    exports.check_suffix(output)
    version = _served()
    query = open_version(version)
    refuse_unknown(filters, known_values(query))
    return version, query


def _fitted(output: Path, filters: Filters) -> tuple[Version, Engine, Fits]:
    """As `_opened`, with the fits of the version; they are made where they are missing."""
    version, query = _opened(output, filters)
    fits = fit_files.read(version)
    if fits is None:
        with _progress() as tell:
            fits = fit_files.make(version, tell)
    return version, query, fits


def _write(output: Path, made: downloads.Download) -> None:
    exports.write(output, made.frame, made.about, made.columns)
    out.print(
        f"{made.about.rows:,} rows as of {made.about.as_of} are in {output}. {made.about.filter_text()}", markup=False
    )


def _served() -> Version:
    with _progress() as tell:
        version = served(tell)
    if lake.current_id(lake.data_folder()) is None:
        err.print("Nothing has been imported yet; this is the sample shop.")
    return version


def _choice(values: list[str] | None) -> Choice:
    return tuple(values) if values else None


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None
