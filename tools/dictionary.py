"""The data dictionary, written from the declarations themselves: `python -m tools.dictionary` brings it up to date."""

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import shopkeeper
from shopkeeper.contract.forecasts import FORECAST_TABLES
from shopkeeper.contract.scores import SCORE_TABLES
from shopkeeper.contract.table import Column, Table
from shopkeeper.contract.tables import REQUIRED_TABLES, TABLES
from shopkeeper.measures.lookup import MEASURES
from shopkeeper.measures.terms import TERMS
from shopkeeper.query_files import QUERIES, load

PACKAGE = Path(shopkeeper.__file__).parent
FILE = Path(__file__).parent.parent / "docs" / "data-dictionary.md"
INTRODUCTION = (
    "Written by `python -m tools.dictionary` from `shopkeeper/contract/`, `shopkeeper/measures/`, each feature's "
    "`frames.py` and the headers in `queries/`; a test fails when it is out of date."
)
FOLDERS = {
    "staging": "Staging: the merchant's tables as publishing reads them",
    "intermediate": "Intermediate: what marts are built from, not for pages",
    "macros": "Macros: what several pages and jobs ask in the same words",
    "marts": "Marts: built when a version is published, read by pages",
    "patching": "Patching: what differs from the version before",
    "publishing": "Publishing: what a new version is checked with",
}


def render() -> str:
    """The whole dictionary in Markdown."""
    parts = [
        "# Data dictionary",
        INTRODUCTION,
        "## Tables that a merchant may bring",
        *(_table(table) for table in TABLES),
        "## Tables that the forecast job makes",
        *(_table(table) for table, _ in FORECAST_TABLES.values()),
        "## Tables that the fit job makes",
        *(_table(table) for table, _ in SCORE_TABLES.values()),
        "## Frames of reports",
        *(_frame(table) for table in frames()),
        "## Measures",
        _rows(
            ("measure", "name", "meaning", "formula"),
            [(m.label, f"`{m.name}`", m.description, m.formula) for m in MEASURES],
        ),
        "## Terms",
        _rows(("term", "meaning"), [(term.label, term.text) for term in TERMS.values()]),
        "## Queries",
        *(_folder(folder) for folder in sorted({path.parent for path in QUERIES.rglob("*.sql")})),
    ]
    return "\n\n".join(parts) + "\n"


def frames() -> list[Table]:
    """Every table that a feature declares, in the order of their addresses."""
    modules = [
        import_module(".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts))
        for file in sorted([*PACKAGE.rglob("frames.py"), *PACKAGE.rglob("frames/*.py")])
    ]
    tables = [each for module in modules for each in vars(module).values() if isinstance(each, Table)]
    return list({table.name: table for table in tables}.values())


def _frame(table: Table) -> str:
    rows = [(f"`{column.name}`", column.type, column.unit, _label(column), column.meaning) for column in table.columns]
    head = f"### `{table.name}`\n\n{table.meaning} {table.grain.capitalize()}."
    return f"{head}\n\n{_rows(('column', 'type', 'unit', 'read as', 'meaning'), rows)}"


def _label(column: Column) -> str:
    return column.heading() if column.label else ""


def _table(table: Table) -> str:
    need = "required" if table.name in REQUIRED_TABLES else "optional"
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else " Rows may repeat."
    rows = [
        (
            f"`{column.name}`",
            column.type,
            "yes" if column.required else "",
            column.unit,
            column.meaning + (f" One of: {', '.join(column.allowed)}." if column.allowed else ""),
        )
        for column in table.columns
    ]
    head = f"### `{table.name}` ({need})\n\n{table.meaning} {table.grain.capitalize()}.{key}"
    return f"{head}\n\n{_rows(('column', 'type', 'required', 'unit', 'meaning'), rows)}"


def _folder(folder: Path) -> str:
    name = folder.relative_to(QUERIES).as_posix()
    queries = [load(f"{name}/{path.stem}") for path in sorted(folder.glob("*.sql"))]
    head, sign = (
        (("macro", "returns", "arguments"), "") if name == "macros" else (("query", "grain", "parameters"), "$")
    )
    rows = [
        (f"`{query.name}`", query.grain, ", ".join(f"`{sign}{name}`" for name in sorted(query.parameters)) or "none")
        for query in queries
    ]
    return f"### {FOLDERS.get(name, f'Pages and jobs: {name}')}\n\n{_rows(head, rows)}"


def _rows(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(re.sub(r"\|", "\\|", cell) for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
