"""The rules of the house, read from the source: arrows point down, SQL lives in queries/, nothing unpickles."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import REPOSITORY

PACKAGE = REPOSITORY / "shopkeeper"
SOURCES = sorted([REPOSITORY / "app.py", *(REPOSITORY / "pages").rglob("*.py"), *PACKAGE.rglob("*.py")])
SCREEN = {"app.py", "pages", "shopkeeper/ui", "shopkeeper/ui.py"}
FEATURES = {
    "retention", "churn", "lifecycle", "lifetime_value", "model_check", "second_order", "coverage", "coverage_series",
    "coverage_ground", "coverage_notes", "inventory", "count_demand", "serving", "network", "network_ground",
    "network_nodes", "network_placed",
    "decisions", "replenishment", "replenishment_notes", "stock_needs", "transfers",
    "demand", "demand_bands", "demand_parts", "demand_overrides", "demand_checks", "demand_lost", "stock_outs",
    "two_sided",
}  # fmt: skip
FORBIDDEN_FOR_FEATURES = {"duckdb", "streamlit", "plotly", "shopkeeper.ui", "shopkeeper.charts", "shopkeeper.lake"}


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
    return [found for found in imports(path) if any(found == m or found.startswith(f"{m}.") for m in modules)]


def on_screen(path: Path) -> bool:
    return any(name(path) == part or name(path).startswith(f"{part}/") for part in SCREEN)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_arrows_point_down(path: Path) -> None:
    if not on_screen(path):
        assert not imports_any(path, {"streamlit", "pages", "app"}) or path.stem in {"startup", "server"}
    if path.is_relative_to(REPOSITORY / "pages"):
        assert not imports_any(path, {"duckdb", "plotly", "polars"})
    if path.stem == "charts" or path.parent.name == "charts":
        assert not imports_any(path, {"streamlit", "duckdb"})
    if path.parent == PACKAGE and path.stem in FEATURES:
        assert not imports_any(path, FORBIDDEN_FOR_FEATURES)
    if path.parent.name == "models":
        assert not imports_any(path, {"streamlit", "duckdb", "shopkeeper.engine"})
    else:
        assert not imports_any(path, {"lifetimes"})
    assert not imports_any(path, {"pandas", "pickle", "dill", "shelve"})


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
    holders = [name(path) for path in SOURCES if "session_state" in path.read_text(encoding="utf-8")]
    assert all(holder.startswith("shopkeeper/ui") for holder in holders)


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


def test_the_app_runs_on_exact_versions_and_lists_them_once() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]
    assert pins
    assert all(re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[0-9][\w.]*", pin) for pin in pins)
    assert "==" not in (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
