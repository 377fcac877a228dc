"""Today without a screen: the figures and what needs doing, for cron and other programs."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from shopkeeper import i18n
from shopkeeper.cli.supply import in_force
from shopkeeper.cli.terminal import version_served
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.buying import files as fits_files
from shopkeeper.jobs.buying import score_files
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.shop.today import digest, sources
from shopkeeper.shop.today import report as today_report
from shopkeeper.shop.today.actions import actions
from shopkeeper.shop.today.periods import TodayOptions
from shopkeeper.supply.materiality import material_from


def today_(
    format: Annotated[  # noqa: A002
        Literal["text", "json", "html"], typer.Option(help="Lines to read, data for programs, or a page for mail.")
    ] = "text",
    period: Annotated[Literal["week", "month", "quarter", "year"], typer.Option(help="Period to date.")] = "month",
    against: Annotated[
        Literal["before", "year", "event"],
        typer.Option(help="The period before, the same weekdays a year ago, or the same days of the event before."),
    ] = "before",
    language: Annotated[Literal["en", "zh_CN"], typer.Option(help="The language of sentences.")] = "en",
    address: Annotated[str, typer.Option(help="The server's address, put before links: https://shop.example.")] = "",
) -> None:
    """How the shop does and what needs doing first, the largest amount first, on standard output."""
    version = version_served()
    forecast, scores = forecast_files.table_files(version), score_files.table_files(version)
    query = open_version(version, made={**forecast, **scores})
    set_now = in_force(query)

    def load(report: Callable[..., Any], *arguments: Any) -> Any:
        return report(query, *arguments)

    try:
        today = today_report.report(query, TodayOptions(period, against))
        reader = datetime.now(ZoneInfo(version.shop.timezone)).date()
        has_forecast = forecast_files.current_run(version) is not None
        reports = sources.read(load, fits_files.read(version), set_now, reader, has_forecast=has_forecast)
        least = material_from(query, set_now.policy)
    finally:
        query.close()
    every = actions(reports, today.events, today.as_of, least, sample=version.shop.sample)
    figures = today_report.with_stock(today.figures, reports.stock)
    at = address.rstrip("/")
    with i18n.speaking(language):
        if format == "json":
            text = digest.as_json(digest.as_data(version, today, figures, every, at)) + "\n"
        else:
            write = digest.as_html if format == "html" else digest.as_text
            text = write(version, today, figures, every, at)
    sys.stdout.write(text)


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("today")(today_)
