"""Today without a screen: the figures and what needs doing, for cron, mail, group chats and other programs."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import polars as pl
import typer

from shopkeeper import i18n
from shopkeeper.cli.supply import in_force
from shopkeeper.cli.targets import set_targets, targets_set
from shopkeeper.cli.terminal import out, version_served
from shopkeeper.engine.duckdb import open_version
from shopkeeper.errors import Refused
from shopkeeper.jobs.buying import files as fits_files
from shopkeeper.jobs.buying import score_files
from shopkeeper.jobs.forecast import files as forecast_files
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message, lines, message
from shopkeeper.query_files import ROOT
from shopkeeper.sending import mail, settings, webhook
from shopkeeper.sending.attempts import Pace
from shopkeeper.shop.today import chat, digest, sources, targets, why
from shopkeeper.shop.today import report as today_report
from shopkeeper.shop.today.actions import Actions, actions
from shopkeeper.shop.today.periods import TodayOptions
from shopkeeper.shop.today.report import Today
from shopkeeper.shop.today.targets import Plan
from shopkeeper.shop.today.why import Why
from shopkeeper.supply.materiality import material_from

SECRETS = ROOT / ".streamlit" / "secrets.toml"
PACE = Pace()


@dataclass(frozen=True)
class Content:
    """All that a digest is written from. `address` is the server's, put before links."""

    version: Version
    today: Today
    figures: pl.DataFrame
    actions: Actions
    plan: Plan
    why: Why
    address: str

    def written(self, form: Literal["text", "json", "html"]) -> str:
        """In a form and the language in use."""
        given = (self.version, self.today, self.figures, self.actions, self.plan)
        if form == "json":
            return digest.as_json(digest.as_data(*given, self.why, self.address)) + "\n"
        parts = (*given, self.address)
        return digest.as_html(*parts) if form == "html" else digest.as_text(*parts)


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
    send: Annotated[
        bool, typer.Option("--send", help="Send it by mail and to the group chats that are configured; write nothing.")
    ] = False,
) -> None:
    """How the shop does and what needs doing first, the largest amount first, on standard output; or sent by --send."""
    # Before anything is computed: who is to be written to.
    channels = settings.read(os.environ, SECRETS) if send else None
    content = _content(TodayOptions(period, against), address.rstrip("/"))
    with i18n.speaking(language):
        if channels is None:
            sys.stdout.write(content.written(format))
            return
        failures = list(_sent(content, channels))
    if failures:
        raise Refused(lines(*failures))


def _content(options: TodayOptions, address: str) -> Content:
    version = version_served()
    forecast, scores = forecast_files.table_files(version), score_files.table_files(version)
    query = open_version(version, made={**forecast, **scores})
    set_now = in_force(query)

    def load(report: Callable[..., Any], *arguments: Any) -> Any:
        return report(query, *arguments)

    try:
        today = today_report.report(query, options)
        plan = targets.report(query, targets_set(version))
        causes = why.report(query, today.compared)
        reader = datetime.now(ZoneInfo(version.shop.timezone)).date()
        has_forecast = forecast_files.current_run(version) is not None
        reports = sources.read(load, fits_files.read(version), set_now, reader, has_forecast=has_forecast)
        least = material_from(query, set_now.policy)
    finally:
        query.close()
    share, is_sample = set_now.policy.materiality, version.shop.sample
    every = actions(reports, today.events, today.as_of, least, plan, sample=is_sample, materiality=share)
    return Content(version, today, today_report.with_stock(today.figures, reports.stock), every, plan, causes, address)


def _sent(content: Content, channels: settings.Channels) -> Iterator[Message]:
    """Send to every channel, and say of each that it was; give a sentence for each that failed."""
    title = digest.title(content.version, content.today)
    if channels.mail:
        letter = mail.Letter(title, content.written("text"), content.written("html"))
        try:
            mail.send(channels.mail, letter, PACE)
        except Refused as refusal:
            yield Message.of(refusal)
        else:
            number = len(channels.mail.recipients)
            _say(message("Sent by mail through {host}; recipients: {n}.", host=channels.mail.host, n=number))
    for robot in channels.webhooks:
        form = webhook.FORMS[robot.platform]
        parts = (content.version, content.today, content.figures, content.actions, content.plan, form, content.address)
        try:
            webhook.send(robot, title, chat.as_chat(*parts), PACE)
        except Refused as refusal:
            yield Message.of(refusal)
        else:
            _say(message("Sent to {platform} at {host}.", platform=form.name, host=robot.host))


def _say(sentence: Message) -> None:
    out.print(sentence.in_source(), markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("today")(today_)
    app.command("targets")(set_targets)
