"""A lake of a few order lines for tests, and the processes that publish into it and are killed."""

import os
import resource
import shutil
import signal
from datetime import datetime, timedelta
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

import polars as pl

from shopkeeper.errors import Refused
from shopkeeper.lake import publish as publishing
from shopkeeper.lake.publish import publish, publisher
from shopkeeper.lake.version import Shop, SourceFile, Staged, StagedTable, Version
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.query_files import QUERIES

SHOP = Shop("Little shop", "CNY", "Asia/Shanghai")
ROWS = 120
CATEGORIES, REGIONS = ("tea", "cups", None), ("Hunan", "Jilin", None)
TEXTS = ("order_id", "sku", "customer_id", "channel", "ship_to_region", "category", "status")
TINY_QUERIES = {
    "intermediate/lines": """
        -- grain: one row per order line up to as-of
        -- parameters: $as_of
        SELECT *, CAST(ordered_at AS DATE) AS day FROM order_lines WHERE ordered_at < $as_of + INTERVAL 1 DAY""",
    "marts/days": """
        -- grain: one row per day
        -- scope: none
        -- after: parts
        SELECT day, CAST(sum(amount) AS DOUBLE) AS amount FROM parts GROUP BY day ORDER BY day DESC""",
    "marts/parts": """
        -- grain: one row per day, category and region
        -- scope: category=category region=region
        SELECT day, channel, category, ship_to_region AS region, CAST(sum(net_amount) AS DOUBLE) AS amount
        FROM int_lines GROUP BY day, channel, category, ship_to_region""",
    "marts/crossings": """
        -- grain: one row per category, first category and region
        -- scope: category=category,first_category region=region
        SELECT a.category, b.category AS first_category, a.ship_to_region AS region
        FROM int_lines AS a JOIN int_lines AS b ON a.order_id = b.order_id GROUP BY ALL""",
    "marts/categories": """
        -- grain: one row per category
        -- scope: category=category
        SELECT category, count(*) AS lines FROM int_lines GROUP BY category""",
    "marts/calendar": """
        -- grain: one row per day with a sale
        -- scope: public
        SELECT DISTINCT day FROM int_lines""",
    "macros/parts_since": """
        -- grain: one row per category and region, since a day
        -- arguments: since
        CREATE MACRO parts_since(since) AS TABLE
        SELECT category, region, CAST(sum(amount) AS DOUBLE) AS amount FROM parts WHERE day >= since GROUP BY ALL""",
    "macros/things_here": """
        -- grain: one row per thing that no version has
        CREATE MACRO things_here() AS TABLE SELECT * FROM things""",
    "pages/by_macro": """
        -- grain: one row per category and region
        -- parameters: $since
        SELECT * FROM parts_since($since) ORDER BY ALL""",
    "pages/unknown_by_macro": """
        -- grain: one row per thing that no version has
        SELECT * FROM things_here()""",
    "pages/parts": """
        -- grain: one row per category and region
        SELECT category, region, CAST(sum(amount) AS DOUBLE) AS amount
        FROM parts GROUP BY category, region ORDER BY ALL""",
    "pages/chosen": """
        -- grain: one row per category among those chosen
        -- parameters: $chosen, $all
        SELECT category, CAST(sum(amount) AS DOUBLE) AS amount
        FROM parts WHERE $all OR category IN $chosen GROUP BY category ORDER BY ALL""",
    "pages/listed": """
        -- grain: one row per category among those chosen
        -- parameters: $chosen
        SELECT DISTINCT category FROM parts WHERE list_contains($chosen, category) ORDER BY ALL""",
    "pages/typed": """
        -- grain: one row with what was given
        -- parameters: $text, $whole, $number, $flag, $day
        SELECT $text AS text, $whole AS whole, $number AS number, $flag AS flag, CAST($day AS DATE) AS day""",
    "pages/channel": """
        -- grain: one row per channel, twice over so that it takes a moment
        -- parameters: $channel
        SELECT p.channel, count(*) AS pairs FROM parts AS p JOIN parts AS q ON p.day <= q.day
        WHERE p.channel = $channel GROUP BY p.channel""",
    "pages/endless": """
        -- grain: one row, after a very long time
        SELECT count(*) AS n FROM range(100000000000) AS t(a) WHERE a % 3 = 1""",
    "pages/greedy": """
        -- grain: one row that holds everything
        SELECT list(a) AS everything FROM range(300000000) AS t(a)""",
    "pages/unknown": """
        -- grain: one row per thing that no version has
        SELECT * FROM things""",
}


def tiny_queries(folder: Path) -> Path:
    """A queries folder of the tests' own; publishing's facts and the linking are the real ones."""
    for name, sql in TINY_QUERIES.items():
        path = folder / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line.strip() for line in sql.strip().splitlines()) + "\n", encoding="utf-8")
    for real in ("publishing", "linking"):
        shutil.copytree(QUERIES / real, folder / real)
    return folder


def order_lines(mark: int, rows: int = ROWS) -> pl.DataFrame:
    """Order lines whose quantity is `mark` all over: a frame that mixes two versions holds two marks."""
    numbers = range(rows)
    return pl.DataFrame(
        {
            "order_id": [f"o{number // 2}" for number in numbers],
            "ordered_at": [datetime(2026, 1, 1) + timedelta(hours=number) for number in numbers],
            "sku": [f"s{number % 7}" for number in numbers],
            "quantity": [mark] * rows,
            "net_amount": [Decimal("10.25") if number % 11 else Decimal("-1.5") for number in numbers],
            "customer_id": [f"c{number % 5}" if number % 4 > 1 else None for number in numbers],
            "channel": [f"channel {number % 8}" for number in numbers],
            "ship_to_region": [REGIONS[number % 3] for number in numbers],
            "category": [CATEGORIES[number // 3 % 3] for number in numbers],
            "status": [("sale", None, "refund")[number % 3] for number in numbers],
        },
        schema_overrides=dict.fromkeys(TEXTS, pl.String)
        | {
            "ordered_at": pl.Datetime("us"),
            "quantity": pl.Int64,
            "net_amount": pl.Decimal(18, 4),
        },
    )


def stage(directory: Path, frames: dict[str, pl.DataFrame], **changes: object) -> Staged:
    """What an import of these frames hands over: every table in two files."""
    tables = []
    for name, frame in frames.items():
        (directory / "in" / name).mkdir(parents=True)
        half = frame.height // 2 + 1
        files = [directory / "in" / name / f"{number}.parquet" for number in range(2)]
        for file, part in zip(files, (frame[:half], frame[half:]), strict=True):
            part.write_parquet(file)
        tables.append(StagedTable(name, tuple(files), frame.height, 0))
    lines = frames.get("order_lines")
    amount = lines["net_amount"].sum() if lines is not None and lines.height else Decimal(0)
    given: dict[str, object] = {
        "directory": directory,
        "shop": SHOP,
        "tables": tuple(tables),
        "rejects": None,
        "sources": tuple(SourceFile(f"{name}.csv", "0" * 64, 1, name, frame.height) for name, frame in frames.items()),
        "net_amount_in": amount,
        "net_amount_rejected": Decimal(0),
        "net_amount_unreadable_rows": 0,
    }
    return Staged(**(given | changes))  # type: ignore[arg-type]


def publish_mark(root: Path, queries: Path, mark: int, rows: int = ROWS, progress: Progress = UNHEARD) -> Version:
    """Publish order lines that all carry `mark`."""
    with publisher(root) as directory:
        staged = stage(directory, {"order_lines": order_lines(mark, rows)})
        return publish(root, staged, progress, queries=queries)


def publish_and_die(root: Path, queries: Path, mark: int, ready: Connection, dies_at: str) -> None:
    """In a child process: publish; SIGKILL itself at the step named, or when the pointer would be replaced."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    if dies_at == "pointer":
        setattr(publishing, "point_to", die)  # noqa: B010 - a plain assignment would not pass the type check
    ready.send("ready")
    publish_mark(root, queries, mark, progress=Progress(lambda step, _: die() if step == dies_at else None))
    ready.send("published")


def publish_in_little_room(root: Path, queries: Path, mark: int, answer: Connection, room: int) -> None:
    """In a child process: publish where, once staged, no file can grow beyond `room` bytes; say how it ended."""

    def no_more_room(*_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    try:
        publish_mark(root, queries, mark, rows=3000, progress=Progress(no_more_room))
    except Refused as refused:
        answer.send(str(refused))
    else:
        answer.send("published")
