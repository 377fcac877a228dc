"""The law of the house, read from the source: where a file stands says what it may import."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.paths import REPOSITORY

PACKAGE = REPOSITORY / "shopkeeper"
SOURCES = sorted([REPOSITORY / "app.py", *(REPOSITORY / "pages").rglob("*.py"), *PACKAGE.rglob("*.py")])
TESTS = sorted((REPOSITORY / "tests").rglob("*.py"))
SECTIONS = ("customers", "supply", "shop")
ROOMS = ("screen", "table", "chart")
FLOORS = (
    ("app", "pages", "cli", "__main__"),
    ("screen",),
    ("ui", "chart", "table"),
    ("charts", "exports"),
    ("report",),
    ("jobs",),
    ("imports", "engine", "state", "sample", "sending"),
    ("lake",),
    ("query_files",),
    ("contract",),
    ("models", "merchant", "measures"),
    ("messages", "progress"),
    ("i18n",),
    ("errors",),
)
"""From top to bottom; a file imports from its own floor and those below. `report` is all that is pure in a section."""
RANK = {part: rank for rank, floor in enumerate(reversed(FLOORS)) for part in floor}
SUPPLY = ("network", "replenishment", "coverage", "demand")
"""Each may import from those after it."""


def name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_any(path: Path, modules: set[str]) -> list[str]:
    return [target for target in imports(path) if any(target == m or target.startswith(f"{m}.") for m in modules)]


def address(path: Path) -> tuple[str, ...]:
    """Folders and stem below `shopkeeper/`, or below the repository for what stands outside it."""
    base = PACKAGE if path.is_relative_to(PACKAGE) else REPOSITORY
    parts = path.relative_to(base).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def floor(path: Path) -> str:
    """The part of the address that says on which floor the file stands."""
    parts = address(path)
    if parts and parts[0] in SECTIONS:
        return next((part for part in parts if part in ROOMS), "report")
    return parts[0] if parts else "app"


def sources_of(module: str) -> Path | None:
    """The file of one of our own modules."""
    base = REPOSITORY.joinpath(*module.split("."))
    return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


def imported(path: Path) -> set[Path]:
    """Our own files that a file imports; a package's `__init__` does not count beside a module taken from it."""
    files = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "shopkeeper":
            for alias in node.names:
                file = sources_of(f"{node.module}.{alias.name}") or sources_of(node.module)
                files |= {file} if file else set()
        elif isinstance(node, ast.Import):
            files |= {file for alias in node.names if (file := sources_of(alias.name))}
    return files - {path}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_file_stands_on_a_floor_and_imports_from_no_higher_one(path: Path) -> None:
    mine = RANK[floor(path)]
    higher = [name(file) for file in imported(path) if RANK[floor(file)] > mine]
    assert higher == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_the_kits_know_no_feature_and_supply_comes_after_customers(path: Path) -> None:
    section = address(path)[:1]
    others = {address(file)[0] for file in imported(path)}
    if section in {("charts",), ("exports",), ("ui",), ("sending",)}:
        assert not others & set(SECTIONS)
    if section == ("state",):
        assert others <= {"state", "merchant", "errors", "i18n", "messages"}
    if section == ("customers",):
        assert not others & {"supply", "shop"}
    if section == ("supply",):
        assert "shop" not in others
        feature = "".join(address(path)[1:2])
        for file in imported(path):
            other = "".join(address(file)[1:2]) if address(file)[0] == "supply" else ""
            if feature in SUPPLY and other in SUPPLY and feature != other:
                assert SUPPLY.index(feature) < SUPPLY.index(other), f"{name(path)} imports {name(file)}"
            assert other not in SUPPLY or feature in SUPPLY, f"{name(path)} imports {name(file)}"


def test_no_import_between_folders_runs_back() -> None:
    def folder(path: Path) -> str:
        return name(path) if path.parent in {PACKAGE, REPOSITORY} else name(path.parent)

    graph: dict[str, set[str]] = {}
    for path in SOURCES:
        graph.setdefault(folder(path), set()).update(folder(file) for file in imported(path))
    for whole, needed in graph.items():
        needed.discard(whole)
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_module_imports_in_a_circle() -> None:
    graph = {name(path): {name(file) for file in imported(path)} for path in SOURCES}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_folders_are_three_deep_at_most() -> None:
    deep = [name(path) for path in SOURCES if path.is_relative_to(PACKAGE) and len(path.relative_to(PACKAGE).parts) > 4]
    assert deep == []


def test_a_prefix_is_no_folder() -> None:
    """Three modules of one folder that begin alike want a folder of that name."""
    for folder in sorted({path.parent for path in SOURCES}):
        stems = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
        for stem in stems:
            alike = [other for other in stems if other == stem or other.startswith(f"{stem}_")]
            assert len(alike) < 3, f"{folder.relative_to(REPOSITORY)}: {', '.join(alike)}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_rooms_are_small(path: Path) -> None:
    if "migrations" in path.parts:
        return
    assert path.read_text(encoding="utf-8").count("\n") <= (40 if path.is_relative_to(REPOSITORY / "pages") else 350)
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, f"{name(path)}: {node.name}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_each_floor_keeps_to_its_tools(path: Path) -> None:
    place = floor(path)
    if place not in {"app", "pages", "screen", "ui"} and name(path) not in RUNS_STREAMLIT:
        assert not imports_any(path, {"streamlit"})
    if place in {"pages", "app"}:
        assert not imports_any(path, {"duckdb", "plotly", "polars"})
    if place == "report":
        assert not imports_any(path, {"duckdb", "plotly", "time"})
        assert not re.search(r"\b(date\.today|datetime\.now|time\.time)\(", path.read_text(encoding="utf-8"))
    if place in {"chart", "charts", "models"}:
        assert not imports_any(path, {"duckdb", "shopkeeper.engine.duckdb", "shopkeeper.query_files"})
    if name(path) != "shopkeeper/models/buying/fitting.py":
        assert not imports_any(path, {"lifetimes"})
    if name(path) != "shopkeeper/models/demand/forecasters.py":
        assert not imports_any(path, {"statsforecast"})
    assert not imports_any(path, {"pandas", "pickle", "dill", "shelve"})


RUNS_STREAMLIT = {"shopkeeper/cli/startup.py", "shopkeeper/cli/server.py"}
"""They read Streamlit's options and start its server."""


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_is_evaluated_and_no_sql_is_written_in_python(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"eval", "exec", "compile"}
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not re.search(r"\bselect\b.+\bfrom\b", node.value, re.IGNORECASE | re.DOTALL) or is_prose(node.value)


def is_prose(text: str) -> bool:
    """English also says select and from; SQL has no sentence's end."""
    return text.rstrip().endswith((".", "!", "?", '"'))


def test_only_the_screen_holds_state() -> None:
    holders = [path for path in SOURCES if "session_state" in path.read_text(encoding="utf-8")]
    assert [name(path) for path in holders if floor(path) not in {"screen", "ui"}] == []


def test_cached_functions_take_small_values_only() -> None:
    """Streamlit hashes a large frame from a sample of its rows, and skips arguments that begin with an underscore."""
    for path in SOURCES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef) and any("cache_" in ast.unparse(d) for d in node.decorator_list):
                for argument in node.args.args + node.args.kwonlyargs:
                    kind = ast.unparse(argument.annotation) if argument.annotation else ""
                    assert not re.search(r"DataFrame|Series|ndarray|LazyFrame|Table\b", kind), f"{path}: {node.name}"
                    assert not argument.arg.startswith("_"), f"{path}: {node.name} hides {argument.arg} from its key"


def test_html_is_never_written_by_hand() -> None:
    assert not [name(path) for path in SOURCES if "unsafe_allow_html" in path.read_text(encoding="utf-8")]


def test_no_test_module_imports_another() -> None:
    """What two of them do stands beside them, in a module named after what it holds."""
    importers = {name(path): [target for target in imports(path) if ".test_" in target] for path in TESTS}
    assert {path: targets for path, targets in importers.items() if targets} == {}


def test_no_test_waits_for_time_to_pass() -> None:
    """It waits for what it needs: it is not slower than that, and does not fail where that takes longer."""
    for path in TESTS:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rsplit(".", maxsplit=1)[-1]
                assert called not in {"sleep", "wait_for_timeout"}, f"{name(path)}: line {node.lineno}"


def test_the_app_runs_on_exact_versions_and_lists_them_once() -> None:
    files = [REPOSITORY / name for name in ("requirements.txt", "requirements-sources.txt")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    pins = [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
    assert pins
    assert all(re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[0-9][\w.]*", pin) for pin in pins)
    assert "==" not in (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
