"""Frames are declared, not described: whatever a report returns says which table each of its frames is."""

from importlib import import_module
from inspect import isfunction
from typing import get_type_hints

import pytest

from shopkeeper.contract.table import Table
from tests.declared import declarations
from tests.paths import REPOSITORY

SECTIONS = ("customers", "supply", "shop")
MODULES = sorted(
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    for section in SECTIONS
    for path in (REPOSITORY / "shopkeeper" / section).rglob("*.py")
    if not {"screen", "chart", "table", "frames"} & {*path.relative_to(REPOSITORY).with_suffix("").parts}
)
ENTRIES = ("report", "opportunity", "customer", "what_if")
"""What pages, command line and files ask a feature for."""


@pytest.mark.parametrize("module", MODULES)
def test_results_of_reports_declare_their_frames(module: str) -> None:
    loaded = import_module(module)
    for name in ENTRIES:
        function = getattr(loaded, name, None)
        if isfunction(function) and function.__module__ == module:
            result = get_type_hints(function)["return"]
            assert [field for field, table in declarations(result).items() if not isinstance(table, Table)] == []
