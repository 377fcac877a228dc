"""The documentation says what the code says."""

import re
from pathlib import Path

import pytest

from docs.dictionary import FILE, render

REPOSITORY = Path(__file__).parent.parent
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("*/README.md")])


def test_the_data_dictionary_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == render(), "run `python -m docs.dictionary`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_and_named_files_are_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    named = re.findall(r"`((?:shopkeeper|queries|pages|tests|docs|benchmarks|sample_data)/[\w./-]+\.\w+)`", text)
    missing = [name for name in linked if not (document.parent / name).exists()]
    missing += [name for name in named if not (REPOSITORY / name).exists()]
    assert not missing


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
