"""Which of the files given are which table, and what their bytes are."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from shopkeeper.contract.tables import TABLES
from shopkeeper.errors import Refused
from shopkeeper.imports.mapping.declared import Mapping
from shopkeeper.imports.mapping.values import most_like, nearest
from shopkeeper.messages import Message, message

DELIMITED = (".csv", ".tsv", ".txt")
PARQUET = (".parquet", ".parq")
WORKBOOK = (".xlsx",)
OTHER_WORKBOOKS = (".xls", ".xlsb", ".xlsm", ".ods", ".numbers")
READABLE = (*DELIMITED, *PARQUET, *WORKBOOK)
JUNK = ("__macosx", "thumbs.db", "desktop.ini")
"""What systems and programs leave in folders, beside hidden files and Excel's lock files."""
PACKED = (".gz", ".zip", ".zst", ".bz2", ".xz", ".7z", ".rar")


@dataclass(frozen=True)
class InputFile:
    """One file of the merchant's; `name` is what messages and rejects call it. `lookup`: what it is read beside the
    table as, if it is."""

    path: Path
    name: str
    table: str
    sha256: str
    bytes: int
    lookup: str = ""

    @property
    def kind(self) -> str:
        """The file's ending, in lower case."""
        return self.path.suffix.lower()


def find(
    paths: Sequence[Path], mapping: Mapping, unpacked: frozenset[Path] = frozenset()
) -> tuple[tuple[InputFile, ...], tuple[Message, ...]]:
    """The files to import, by table, and warnings on those in folders that belong to none.

    Raise `Refused` for a path that is not there, a kind that is not read, a file that no table or several take, the
    same file twice, and where nothing is left. `unpacked` are archives whose files are among the paths already.
    """
    files, left = listed(paths, mapping, unpacked)
    _refuse_twins(files)
    if not files:
        names = ", ".join(table.name for table in mapping.tables)
        raise Refused(
            message(
                "None of the files given belongs to a table of the mapping. Name a file after one of: {names}.",
                names=names,
            )
        )
    order = {table.name: number for number, table in enumerate(TABLES)}
    return tuple(sorted(files, key=lambda file: (order[file.table], file.name))), left


def listed(
    paths: Sequence[Path], mapping: Mapping, unpacked: frozenset[Path] = frozenset()
) -> tuple[list[InputFile], tuple[Message, ...]]:
    """As `find`, but two files may hold the same bytes, and there may be none."""
    files: list[InputFile] = []
    left: list[str] = []
    for path in paths:
        if not path.exists():
            raise Refused(
                message(
                    "{given} is not there. Check the path.",
                    given=path,
                )
            )
        for file in walk(path):
            relative = file.relative_to(path) if path.is_dir() else PurePath(file.name)
            if file in unpacked or any(fnmatchcase(relative.as_posix(), each) for each in mapping.leave):
                continue
            if beside := [(each.name, name) for each in mapping.tables if (name := each.beside(relative))]:
                refuse_kind(file, relative.as_posix())
                files += (input_file(file, relative.as_posix(), table, name) for table, name in beside)
                # Out of one workbook: its sheets say which is the table's, and which is read beside.
                files += (
                    input_file(file, relative.as_posix(), each.name)
                    for each in mapping.tables
                    if each.layout.sheets and each.files and each.takes(relative)
                )
                continue
            tables = tables_of(relative, mapping, alone=not path.is_dir(), inside=path.name if path.is_dir() else "")
            if tables and path.is_dir() and file.suffix.lower() not in (*READABLE, *OTHER_WORKBOOKS, *PACKED):
                left.append(relative.as_posix())
            elif tables:
                refuse_kind(file, relative.as_posix())
                files += (input_file(file, relative.as_posix(), table) for table in tables)
            else:
                left.append(relative.as_posix())
    return files, tuple(map(left_alone, left))


def left_alone(name: str) -> Message:
    """The warning on a file in a folder that is no table's."""
    return message("{name} belongs to no table, and was left alone.", name=name)


def walk(start: Path) -> Iterator[Path]:
    """The files of a folder in order, without junk; a file is itself."""
    if not start.is_dir():
        yield start
        return
    for path in sorted(start.rglob("*")):
        if path.is_file() and not is_junk(path.relative_to(start)):
            yield path


def is_junk(path: PurePath) -> bool:
    """Whether a file in a folder was left there by a system or a program, and is nobody's data."""
    return any((part.startswith((".", "~$")) and part != "..") or part.lower() in JUNK for part in path.parts)


def tables_of(path: PurePath, mapping: Mapping, *, alone: bool, inside: str) -> tuple[str, ...]:
    """The table that takes a file; empty where none does and the file only lay in a folder.

    `inside` is the folder that was given: its own name may be that of the table. Several take it only where the mapping
    means it: each says its sheets, or all say the same files.
    """
    takers = [table.name for table in mapping.tables if table.takes(path)]
    takers = takers or [table.name for table in mapping.tables if table.name == inside and not table.files]
    of_takers = [table for table in mapping.tables if table.name in takers]
    meant = all(table.layout.sheets for table in of_takers) or len({table.files for table in of_takers}) == 1
    if len(takers) > 1 and not (meant and all(table.files for table in of_takers)):
        raise Refused(
            message(
                "{path} is taken by several tables: {takers}. Say in the mapping which, with files.",
                path=path,
                takers=", ".join(takers),
            )
        )
    if takers:
        return tuple(takers)
    if alone and len(mapping.tables) == 1 and not mapping.tables[0].files:
        return (mapping.tables[0].name,)
    stem = path.name.split(".")[0]
    names = [table.name for table in mapping.tables]
    readable = path.suffix.lower() in READABLE
    if alone or (readable and most_like(stem, names)):
        raise Refused(
            message(
                "{path} belongs to no table{near} Name the file, or its folder, after one of: {names}.",
                path=path,
                near=nearest(stem, names),
                names=", ".join(names),
            )
        )
    return ()


def refuse_kind(path: Path, name: str) -> None:
    """Raise `Refused` for a file that is not read, saying what to do instead."""
    kind = path.suffix.lower()
    if kind in OTHER_WORKBOOKS:
        raise Refused(
            message(
                "{name}: {kind} workbooks are not read. Save it as .xlsx or .csv and import that.",
                name=name,
                kind=kind,
            )
        )
    if kind in PACKED:
        raise Refused(
            message(
                "{name} is packed. Unpack it and import what is inside.",
                name=name,
            )
        )
    if kind not in READABLE:
        raise Refused(
            message(
                "{name}: this kind of file is not read. Save it as .csv, .xlsx or .parquet.",
                name=name,
            )
        )
    if path.stat().st_size == 0:
        raise Refused(
            message(
                "{name} is empty. Export it again.",
                name=name,
            )
        )


def input_file(path: Path, name: str, table: str, lookup: str = "") -> InputFile:
    """A file and its checksum. Raise `Refused` where it cannot be read."""
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise Refused(
            message(
                "{name} cannot be read: {strerror}. Check who may read it.",
                name=name,
                strerror=error.strerror,
            )
        ) from error
    return InputFile(path.resolve(), name, table, digest, path.stat().st_size, lookup)


def _refuse_twins(files: Sequence[InputFile]) -> None:
    seen: dict[tuple[str, str, str], InputFile] = {}
    for file in files:
        twin = seen.setdefault((file.table, file.lookup, file.sha256), file)
        if twin is not file:
            # Two files of one name, one of them out of an archive: the folder tells them apart.
            names = [
                f"{each.path.parent.name}/{each.path.name}" if twin.name == file.name else each.name
                for each in (twin, file)
            ]
            raise Refused(
                message(
                    "{name} and {other} hold the same bytes; every row would count twice. Give one.",
                    name=names[0],
                    other=names[1],
                )
            )
