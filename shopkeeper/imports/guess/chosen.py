"""The mapping for files that came without one: the ready one that fits them all, else a draft made of a guess."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from shopkeeper.errors import Refused
from shopkeeper.imports.guess import layout, ready, saved
from shopkeeper.imports.guess.choice import choice_of
from shopkeeper.imports.guess.tables import guess
from shopkeeper.imports.guess.written import as_toml, document
from shopkeeper.imports.mapping.file import available
from shopkeeper.imports.readers.files import READABLE, walk
from shopkeeper.imports.readers.packed import unpacked
from shopkeeper.imports.readers.samples import Sample, sample
from shopkeeper.lake.version import Shop
from shopkeeper.messages import Message, message

DRAFT = "draft"


def named(name: str, root: Path) -> str:
    """A mapping's name or path as `mapping.file.load` takes it; one made in the browser is found by its name."""
    if name in available() or name.endswith(".toml") or name not in saved.names(root):
        return name
    return str(saved.path_of(root, name))


def fitting(paths: Sequence[Path], root: Path, shop: Shop) -> str:
    """The ready mapping whose columns all files have.

    Raise `Refused` where two fit as well, or none does: then a draft is kept, and said where.
    """
    with unpacked(paths) as (inside, archives):
        samples = list(_samples(inside, archives))
    by_file = [{fit.mapping: fit.columns for fit in ready.fits(each.headings)} for each in samples]
    names = set.intersection(*map(set, by_file)) if by_file else set()
    columns = sorted(((sum(each[name] for each in by_file), name) for name in names), reverse=True)
    if not columns:
        raise Refused(_drafted(samples, root, shop))
    if len(columns) > 1 and columns[0][0] == columns[1][0]:
        raise Refused(
            message(
                "The headings fit {first} and {second} alike. Say which with --mapping.",
                first=columns[0][1],
                second=columns[1][1],
            )
        )
    return columns[0][1]


def _samples(paths: Sequence[Path], archives: frozenset[Path]) -> Iterator[Sample]:
    for path in paths:
        if not path.exists():
            raise Refused(message("{given} is not there. Check the path.", given=path))
        for file in walk(path):
            if file not in archives and (file.suffix.lower() in READABLE or not path.is_dir()):
                name = file.relative_to(path).as_posix() if path.is_dir() else file.name
                for each in layout.look(file, name):
                    # Read as a mapping without an encoding would: that is refused, with what to say.
                    yield sample(file, name) if each.encodings else each


def _drafted(samples: Sequence[Sample], root: Path, shop: Shop) -> Message:
    """Keep a guess as a draft, and say what it lacks."""
    if not samples:
        return message("There is no file there that is read. Give CSV, XLSX or Parquet files.")
    guesses = [guess(each) for each in samples]
    path = saved.save(
        root, DRAFT, as_toml(document([choice_of(*each) for each in zip(guesses, samples, strict=True)], shop))
    )
    missing = dict.fromkeys(f"{each.name}: {', '.join(each.missing)}" for each in guesses if each.missing)
    doubtful = dict.fromkeys(column.heading for each in guesses for column in each.columns if column.is_doubtful)
    if missing:
        return message(
            "No ready mapping fits these files. A draft was guessed from their headings and kept in {path}, but no "
            "column was seen for {missing}. Complete it, then import with --mapping {path}, or match the columns on "
            "the Data page.",
            path=path,
            missing="; ".join(missing),
        )
    if doubtful:
        return message(
            "No ready mapping fits these files. A draft was guessed from their headings and kept in {path}, but the "
            "values of {doubtful} can be read in two ways. Say in it which is meant (format, decimal), then import "
            "with --mapping {path}, or match the columns on the Data page.",
            path=path,
            doubtful=", ".join(doubtful),
        )
    return message(
        "No ready mapping fits these files. A draft was guessed from their headings and kept in {path}. Look it over, "
        "then import with --mapping {path}, or match the columns on the Data page.",
        path=path,
    )
