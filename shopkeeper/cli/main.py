"""The same program without a screen. 0 is done; 1 is refused, with a sentence on standard error and no traceback."""

import logging
import os
import secrets
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from shopkeeper import i18n, sample
from shopkeeper.cli import persons, shop, startup, supply, sync
from shopkeeper.cli.customers import export
from shopkeeper.cli.terminal import Day, day, err, out, progress, version_served
from shopkeeper.errors import Refused
from shopkeeper.imports import job
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.guess import chosen, saved
from shopkeeper.imports.mapping import file as mappings
from shopkeeper.imports.outcome import Outcome
from shopkeeper.jobs.buying import files
from shopkeeper.jobs.buying import run as buying_run
from shopkeeper.jobs.buying.result import KIND_NAMES
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.jobs.forecast import run as forecast_run
from shopkeeper.jobs.forecast.result import Run
from shopkeeper.lake import store
from shopkeeper.lake.version import Shop, Version

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Shopkeeper: one merchant's customers and goods.",
)
app.add_typer(export, name="export")
supply.register(export)
persons.register(app)
shop.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    i18n.use(i18n.SOURCE)
    try:
        exit_code = app(args=arguments, standalone_mode=False)
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
    return exit_code if isinstance(exit_code, int) else 0


def _words(misuse: typer.TyperException) -> str:
    sentence = getattr(misuse, "format_message", misuse.__str__)()
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


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


@app.command(name="sample")
def make_sample(
    directory: Path,
    orders: Annotated[int, typer.Option(min=1000, help="How many orders, about.")] = 200_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same shop.")] = 7,
    expected_from: Annotated[
        int, typer.Option(min=0, help="How many more shops of the same laws are drawn for the true rates in truth/.")
    ] = 20,
) -> None:
    """Simulate a believable shop and write it, with the truth behind it, into DIRECTORY."""
    with progress() as bar:
        sample.generate(directory, orders, seed, bar, expected_from=expected_from)
    out.print(f"A shop of about {orders:,} orders is in {directory}, the truth behind it in {directory / 'truth'}.")


@app.command(name="import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="CSV, XLSX or Parquet files, or folders of them.")],
    mapping: Annotated[str, typer.Option(help="A mapping by name, or a TOML file; else the one that fits.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Refuse the import where any row is rejected.")] = False,
    append: Annotated[
        bool, typer.Option("--append", help="Add rows to those served; else tables are replaced.")
    ] = False,
    as_of: Day = None,
    name: Annotated[str, typer.Option(help="The shop's name, where the mapping has none.")] = "",
    currency: Annotated[str, typer.Option(help="ISO 4217 code of the shop's currency, such as CNY.")] = "",
    timezone: Annotated[str, typer.Option(help="The shop's timezone, such as Asia/Shanghai.")] = "",
    week_start: Annotated[
        Literal["", "monday", "sunday"], typer.Option(help="The day that the shop's weeks start on; Monday if unsaid.")
    ] = "",
    accept_rejects: Annotated[
        bool, typer.Option("--accept-rejects", help="Go on where more than 2 % of the order lines are rejected.")
    ] = False,
    accept_change: Annotated[
        bool, typer.Option("--accept-change", help="Go on where the same days changed by more than 30 %.")
    ] = False,
) -> None:
    """Check the merchant's files and serve them as a new version; list what broke the contract."""
    if not mapping:
        mapping = chosen.fitting(paths, store.data_folder(), Shop(name, currency, timezone))
        out.print(f"The headings fit the ready mapping {mapping}.", markup=False)
    with progress() as bar:
        outcome = job.import_files(
            paths,
            mappings.load(chosen.named(mapping, store.data_folder())),
            store.data_folder(),
            strict=strict,
            append=append,
            as_of=day(as_of),
            said=Acceptance(name, currency, timezone, week_start, rejects=accept_rejects, change=accept_change),
            progress=bar,
        )
    _print_outcome(outcome)
    _fit_and_forecast(outcome.version)


@app.command("mappings")
def mappings_(show: Annotated[str, typer.Option(help="Print that mapping, to copy and change.")] = "") -> None:
    """List the mappings that are ready, and those that were made in the browser."""
    root = store.data_folder()
    if show:
        out.print(mappings.source(chosen.named(show, root)), markup=False)
        return
    for name in mappings.available():
        mapping = mappings.load(name)
        tables = ", ".join(f"{each.name} ({', '.join(each.files) or each.name})" for each in mapping.tables[:3])
        about = mappings.source(name).splitlines()[0].lstrip("# ")
        out.print(f"{name}: {about}", markup=False)
        out.print(
            f"  reads {tables if not mapping.tables[0].identity else 'every table of the contract'}", markup=False
        )
    for name in saved.names(root):
        out.print(f"{name}: made in the browser, kept in {saved.path_of(root, name)}", markup=False)


@app.command("sync")
def sync_(sources: sync.Sources = None, dry_run: sync.DryRun = False) -> None:
    """Read what is new in the sources of sources.toml, in place of what it replaces. Made to be run from cron."""
    outcome = sync.run(sources, dry_run=dry_run).outcome
    if outcome is not None:
        _print_outcome(outcome)
        _fit_and_forecast(outcome.version)


def _fit_and_forecast(version: Version) -> None:
    with progress() as bar:
        fits = buying_run.make(version, bar)
    out.print(str(fits.reason), markup=False)
    with progress() as bar:
        run = forecast_run.make(version, bar)
    _print_run(run)


def _print_outcome(outcome: Outcome) -> None:
    out.print(str(outcome.message), markup=False)
    for table in outcome.tables:
        counts = f"{table.rows_in:,} in = {table.rows_published:,} published + {table.rows_rejected:,} rejected"
        out.print(f"  {table.name}: {counts}", markup=False)
    for line in (*(rule.sentence() for rule in outcome.broken_rules), *outcome.warnings):
        out.print(f"  - {line}", markup=False)
    version = outcome.version
    if version.rejects:
        out.print(f"The rejected rows are in {version.rejects}; the Data page shows them too.", markup=False)
    out.print(f"Version {version.id} is served, with data from {version.first_day} to {version.as_of}.", markup=False)


@app.command("fit")
def fit_() -> None:
    """Fit the models of buying behaviour to the data served, and test them on its own past."""
    version = version_served()
    with progress() as bar:
        fits = buying_run.make(version, bar)
    for trial in fits.holdout_tests:
        name = i18n.gettext(KIND_NAMES[trial.kind])
        if trial.log_likelihood is None:
            out.print(f"  {name}: {trial.refused or 'no fit'}", markup=False)
            continue
        out.print(
            f"  {name}: log-likelihood {trial.log_likelihood:,.1f}, mean error {trial.mae:.3f}, "
            f"bias {trial.bias:+.3f}, risk off by {trial.calibration_error:.1%} on average "
            f"and {trial.worst_tenth:.1%} at worst",
            markup=False,
        )
    for sentence in (fits.reason, *fits.notes):
        out.print(str(sentence), markup=False)
    out.print(f"The fits of version {version.id} are in {files.path_of(version)}.", markup=False)


@app.command("forecast")
def forecast_() -> None:
    """Forecast demand by region and item from the data served, and test the forecast on its own past."""
    version = version_served()
    with progress() as bar:
        run = forecast_run.make(version, bar)
    _print_run(run)
    out.print(f"The forecasts of version {version.id} are in {forecast_files.current_run(version)}.", markup=False)


def _print_run(run: Run) -> None:
    """A line per level on how the forecast did on the shop's own past, then what fell short."""
    for row in run.errors().iter_rows(named=True):
        out.print(
            f"  {row['level']}: {row['series']:,} series, {_rmsse(row)}, bias {row['bias']:+.1%}, "
            f"{row['below_80']:.0%} of weeks below the 80 % band and {row['above_80']:.0%} above it (10 % is right)",
            markup=False,
        )
    for note in run.notes():
        out.print(str(note), markup=False)
    again = run.summary["reused"]
    out.print(
        f"{run.summary['series']:,} series of items in regions are forecast, {again:,} of them as before.", markup=False
    )


def _rmsse(row: dict[str, Any]) -> str:
    if row["rmsse"] is None:
        return "no change from week to week to compare with"
    return (
        f"RMSSE {row['rmsse']:.2f} (last week repeated {row['naive_rmsse']:.2f}, mean of 8 weeks "
        f"{row['average_rmsse']:.2f}, nothing {row['zero_rmsse']:.2f})"
    )


@app.command()
def versions() -> None:
    """List the versions that are kept, the newest first."""
    root = store.data_folder()
    served = store.current_id(root)
    kept = store.versions(root)
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
    served = store.rollback(store.data_folder(), version or None)
    out.print(f"Version {served.id} is served, with data as of {served.as_of}.")


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    address: Annotated[str, typer.Option(help="Only the own machine unless told otherwise.")] = "127.0.0.1",
) -> None:
    """Open the app in the browser."""
    startup.serve(address, port)
