"""Run all measurements and print them as the table of benchmarks/README.md: `python -m benchmarks --lines 10000000`."""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from rich.console import Console

from shopkeeper import sample
from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.customers.retention import report as retention
from shopkeeper.customers.retention.report import View
from shopkeeper.engine.duckdb import Engine, open_version
from shopkeeper.lake import store
from shopkeeper.lake.version import Version

HERE = Path(__file__).parent
LINES_PER_ORDER = 2.0
REPEATS = 5
GIB = 1024**3
Row = tuple[str, str, str, str]
"""What was measured, the figure, its ratio, the goal."""
say = Console(stderr=True)


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median of several runs, the first of which warms up and does not count."""
    work()
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def ratio(work: Callable[[], object], base: Callable[[], object], repeats: int = 7) -> tuple[float, float, float]:
    """Median seconds of `work` and of `base`, taken in turns so that other load meets both, and the median ratio."""
    work()
    base()
    pairs = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        between = time.perf_counter()
        base()
        pairs.append((between - started, time.perf_counter() - between))
    ratios = [ours / theirs for ours, theirs in pairs]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs), statistics.median(ratios)


def child(*arguments: str) -> tuple[float, float, str]:
    """Wall seconds, peak GiB and output of one Python process of its own."""
    started = time.perf_counter()
    ran = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)
    output = ran.stdout.read() if ran.stdout else ""
    _, status, usage = os.wait4(ran.pid, 0)
    if status:
        raise SystemExit(f"{arguments[0]} failed: {output}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024 / GIB, output


def shop(folder: Path, lines: int) -> Path:
    """The generated shop, made once for each size."""
    directory = folder / f"shop-{lines}"
    if not (directory / "order_lines").is_dir():
        say.print(f"simulating a shop of about {lines:,} lines ...")
        started = time.perf_counter()
        sample.generate(directory, round(lines / LINES_PER_ORDER), 7)
        say.print(f"... in {time.perf_counter() - started:.0f} s")
    return directory


def publishing(directory: Path, folder: Path) -> tuple[list[Row], Version]:
    """Import and publish everything, against a plain copy of the order lines to zstd Parquet."""
    root = folder / "lake"
    shutil.rmtree(root, ignore_errors=True)
    copy = child("-m", "benchmarks.plain_copy", str(directory / "order_lines"), str(folder / "copy.parquet"))
    published = child(
        "-m", "benchmarks.publish", str(directory / "order_lines"), str(directory / "products.parquet"), str(root)
    )
    version = store.current(root)
    if version is None:
        raise SystemExit("nothing was published")
    rows = f"{version.tables['order_lines'].rows_published:,}"
    found = [
        (f"plain DuckDB copy of {rows} lines to zstd Parquet", f"{copy[0]:.1f} s, peak {copy[1]:.2f} GiB", "1.0x", ""),
        (
            "import, check, publish, all marts",
            f"{published[0]:.1f} s, peak {published[1]:.2f} GiB",
            f"{published[0] / copy[0]:.1f}x of the copy",
            "at most 6x",
        ),
    ]
    return found, version


def csv_import(directory: Path, folder: Path) -> list[Row]:
    """One CSV file to checked Parquet, without marts, against DuckDB's own reading of the same file."""
    source = folder / "order_lines.csv"
    lines = duckdb.read_parquet([str(file) for file in sorted((directory / "order_lines").glob("*.parquet"))])
    lines.write_csv(str(source), header=True)
    bare, checked = [], []
    for _ in range(3):
        bare.append(child("-m", "benchmarks.csv_import", "bare", str(source)))
        checked.append(child("-m", "benchmarks.csv_import", "checked", str(source)))
    slower = statistics.median(ours[0] / theirs[0] for ours, theirs in zip(checked, bare, strict=True))
    source.unlink()
    return [
        ("CSV to Parquet, DuckDB alone", f"{statistics.median(each[0] for each in bare):.1f} s", "1.0x", ""),
        (
            "CSV to checked Parquet, all mending and rules on, no marts",
            f"{statistics.median(each[0] for each in checked):.1f} s, peak {max(each[1] for each in checked):.2f} GiB",
            f"{slower:.1f}x of DuckDB alone",
            "at most 3x, peak below 4 GiB",
        ),
    ]


def questions(version: Version) -> list[Row]:
    """Every kind of retention question against a bare scan, in the same process."""
    engine = open_version(version)
    lines = {"files": [str(file) for file in version.files("order_lines")]}
    rivals = duckdb.connect(config={"threads": "2"})

    def rival(name: str) -> Callable[[], object]:
        sql = (HERE / "rivals" / f"{name}.sql").read_text(encoding="utf-8")
        return lambda: rivals.sql(sql, params=lines).fetchall()

    scan = rival("bare_scan")
    found = [("bare scan of customer_id, ordered_at of the lines", f"{seconds(scan):.3f} s", "1.0x", "")]
    for label, filters, view, goal in asked(engine):

        def ask(filters: CustomerFilters = filters, view: View = view) -> object:
            return retention.report(engine, filters, view)

        taken, _, part = ratio(ask, scan)
        found.append((label, f"{taken:.3f} s", f"{part:.2f}x of the scan", f"below {goal:.1f}x"))
    ours = seconds(lambda: retention.report(engine, CustomerFilters(), View()))
    distinct = seconds(rival("count_distinct"), 1)
    found.append(
        ("the same by SQL count(distinct) on the lines", f"{distinct:.2f} s", f"{distinct / ours:.0f}x ours", "20x")
    )
    pandas = float(child(str(HERE / "rivals" / "pandas_way.py"), *lines["files"])[2].split()[0])
    found.append(("the same in pandas", f"{pandas:.2f} s", f"{pandas / ours:.0f}x ours", "20x"))
    engine.close()
    return found


def asked(engine: Engine) -> list[tuple[str, CustomerFilters, View, float]]:
    """Label, filters, view and goal of each question."""
    mix = engine("customers/filter_values")
    channels = tuple(mix["channel"].unique().sort())
    categories = tuple(mix["category"].unique().sort())
    plain = CustomerFilters()
    return [
        ("month, exact, calendar", plain, View(), 1.0),
        ("week, exact, calendar", plain, View("week"), 1.0),
        ("month, unbounded", plain, View(method="unbounded"), 1.0),
        ("month, cumulative", plain, View(method="cumulative"), 1.0),
        ("rolling 30 days", plain, View(windows="rolling"), 1.0),
        ("rolling 7 days", plain, View("week", windows="rolling"), 1.0),
        ("cumulative revenue", plain, View(method="cumulative", measure="revenue"), 1.0),
        ("acquired in one channel", CustomerFilters(acquired_channels=channels[:1]), View(), 1.0),
        ("bought in one category", CustomerFilters(bought_categories=categories[:1]), View(), 3.0),
        (
            "bought in all channels and categories but one",
            CustomerFilters(bought_channels=channels[1:], bought_categories=categories[1:]),
            View(),
            3.0,
        ),
        (
            "the same, weeks",
            CustomerFilters(bought_channels=channels[1:], bought_categories=categories[1:]),
            View("week"),
            3.0,
        ),
        (
            "the same, unbounded",
            CustomerFilters(bought_channels=channels[1:], bought_categories=categories[1:]),
            View(method="unbounded"),
            3.0,
        ),
        (
            "the same, orders",
            CustomerFilters(bought_channels=channels[1:], bought_categories=categories[1:]),
            View(measure="orders"),
            3.0,
        ),
        (
            "bought in one category, revenue",
            CustomerFilters(bought_categories=categories[:1]),
            View(measure="revenue"),
            3.0,
        ),
    ]


def reruns(version: Version) -> list[Row]:
    """Server time of warm reruns of the pages, those of each kind in a process of its own."""
    root = version.path.parent.parent
    os.environ["SHOPKEEPER_DATA"] = str(root)
    child("-m", "shopkeeper", "fit")
    found: list[Row] = []
    for module in ("benchmarks.rerun", "benchmarks.customer_reruns"):
        _, peak, output = child("-m", module)
        rows = [fields(line) for line in output.splitlines()]
        found += [(what, measured, ratio, goal) for what, measured, ratio, goal in rows]
        found.append((f"memory of the process of {module}", f"peak {peak:.2f} GiB", "", ""))
    return found


def large_coverage(folder: Path) -> list[Row]:
    """Coverage at 62,000 series, on a version of its own, in a process of its own."""
    output = child("-m", "benchmarks.coverage", str(folder))[2]
    return [(what, measured, ratio, goal) for what, measured, ratio, goal in map(fields, output.splitlines())]


def fields(line: str) -> list[str]:
    """The fields of a tab-separated line."""
    return line.split("\t")


def models(version: Version, customers: int) -> list[Row]:
    """All three buying models against lifetimes, in a process of its own."""
    root = version.path.parent.parent
    _, peak, output = child("-m", "benchmarks.customers", str(root), str(customers))
    return [
        (what, f"{measured}, peak {peak:.2f} GiB", part, goal)
        for what, measured, part, goal in map(fields, output.splitlines())
    ]


def moves() -> list[Row]:
    """Transfers of a whole chain, in a process of its own."""
    _, peak, output = child("-m", "benchmarks.transfers")
    return [
        (what, f"{measured}, peak {peak:.2f} GiB", told, goal)
        for what, measured, told, goal in map(fields, output.splitlines())
    ]


def linked_publication(directory: Path, folder: Path) -> list[Row]:
    """Import and publish with the keys of persons, which are read, checked and linked, and without."""
    parts = [str(directory / "order_lines"), str(directory / "products.parquet")]
    keyed = [*parts, str(directory / "identities.parquet")]
    taken = []
    for _ in range(3):
        pair = []
        for sources in (keyed, parts):
            root = folder / "linked"
            shutil.rmtree(root, ignore_errors=True)
            pair.append(child("-m", "benchmarks.publish", *sources, str(root))[0])
        taken.append(pair)
    shutil.rmtree(folder / "linked")
    slower = statistics.median(linked / without for linked, without in taken)
    seconds_linked = statistics.median(linked for linked, _ in taken)
    return [
        (
            "import, check, link and publish with keys of persons, against none",
            f"{seconds_linked:.1f} s",
            f"{slower:.2f}x",
            "at most 1.3x",
        )
    ]


def linking(folder: Path, accounts: int) -> list[Row]:
    """Accounts to persons from Parquet, in a process of its own."""
    shop = folder / f"identities-{accounts}"
    if not shop.exists():
        child("-m", "benchmarks.identities", "make", str(shop), str(accounts))
    _, peak, output = child("-m", "benchmarks.identities", "link", str(shop))
    taken, linked, persons = fields(output.strip())
    return [
        (
            f"{accounts:,} accounts with two keys each to persons: {int(linked):,} are {int(persons):,}",
            f"{taken} s, peak {peak:.2f} GiB",
            "",
            "25 s and 2 GiB for 10,000,000",
        )
    ]


def forgetting(directory: Path, folder: Path) -> list[Row]:
    """One person out of a shop of all lines, with the search of every byte, in a process of its own."""
    root = folder / "forgetting"
    shutil.rmtree(root, ignore_errors=True)
    sources = [str(directory / name) for name in ("order_lines", "products.parquet", "identities.parquet")]
    child("-m", "benchmarks.publish", *sources, str(root))
    _, peak, output = child("-m", "benchmarks.forget", str(root))
    taken, rows, lines = fields(output.strip())
    shutil.rmtree(root)
    return [
        (
            f"one person of {int(rows)} lines forgotten among {int(lines):,} lines, and searched for",
            f"{taken} s, peak {peak:.2f} GiB",
            "",
            "60 s for 10,000,000 lines",
        )
    ]


def forecasts() -> list[Row]:
    """The forecast job on 62,000 series and again after a few changed, in a process of its own."""
    _, peak, output = child("-m", "benchmarks.forecasts")
    return [
        (what, f"{measured}, peak {peak:.2f} GiB", part, goal)
        for what, measured, part, goal in map(fields, output.splitlines())
    ]


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    head = [("what", "measured", "ratio", "goal"), ("---", "---", "---", "---")]
    return "\n".join("| " + " | ".join(row) + " |" for row in [*head, *rows])


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000, help="how many the models are compared on")
    parser.add_argument("--folder", type=Path, default=HERE / "shops")
    given = parser.parse_args()
    given.folder.mkdir(exist_ok=True)
    directory = shop(given.folder, given.lines)
    say.print("publishing ...")
    rows = csv_import(directory, given.folder)
    published, version = publishing(directory, given.folder)
    rows += published
    say.print("linking ...")
    rows += linked_publication(directory, given.folder)
    rows += linking(given.folder, given.lines)
    rows += forgetting(directory, given.folder)
    say.print("asking ...")
    rows += questions(version)
    say.print("fitting ...")
    rows += models(version, given.customers)
    say.print("moving ...")
    rows += moves()
    say.print("forecasting ...")
    rows += forecasts()
    say.print("rerunning the pages ...")
    rows += reruns(version)
    say.print("covering 62,000 series ...")
    rows += large_coverage(given.folder)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}\n"
    )
    print(table(rows))


if __name__ == "__main__":
    main()
