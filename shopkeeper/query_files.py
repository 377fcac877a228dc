"""Query files: found by name, their headers read, and held against what DuckDB's own parser finds in them."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from shopkeeper.contract.visibility import Visibility, read_visibility

ROOT = Path(__file__).parent.parent
"""The folder that holds app, queries and sample."""
QUERIES = ROOT / "queries"
KEYS = ("grain", "returns", "arguments", "parameters", "after", "scope", "patched by", "aged")
NAME = re.compile(r"[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)*")
KEYED = re.compile(rf"--\s*(?P<key>{'|'.join(KEYS)}):\s*(?P<value>.*)")
CONTINUED = re.compile(r"--\s{2,}(?P<value>.*)")
PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")
MACRO = re.compile(r"^CREATE MACRO (?P<name>\w+)\((?P<arguments>[^)]*)\) AS\b(?P<table> TABLE\b)?", re.MULTILINE)


@dataclass(frozen=True)
class QueryFile:
    """One query file. `after` names what must exist before it; `visibility` says what a restricted viewer sees.

    Of a macro, `parameters` are its arguments, and `grain` is what it returns where that is no table. `patched_by` is
    the column by whose values a mart's rows are made anew where only some differ; empty where all are. `aged` is the
    column that counts days from `first_day` to as-of.
    """

    name: str
    sql: str
    grain: str
    parameters: frozenset[str]
    after: tuple[str, ...]
    visibility: Visibility
    patched_by: str = ""
    aged: str = ""


@cache
def load(name: str, queries: Path = QUERIES) -> QueryFile:
    """Read <queries>/<name>.sql.

    Raise `LookupError` where there is no such query, `ValueError` where the file breaks the rules of queries/README.md.
    """
    path = queries / f"{name}.sql"
    if not NAME.fullmatch(name) or not path.is_file():
        raise LookupError(f"there is no query {name}: no file {name}.sql in {queries}")
    sql = path.read_text(encoding="utf-8")
    header = read_header(sql)
    if name.startswith("macros/"):
        return read_macro(name, header, sql)
    if not header.get("grain"):
        raise ValueError(f"query {name}: the first comment must say its grain (`-- grain: one row per ...`)")
    if name.startswith("marts/") and "scope" not in header:
        raise ValueError(f"query {name}: a mart must say its scope (`-- scope: ...`)")
    declared = frozenset(PARAMETER.findall(header.get("parameters", "")))
    check_parameters(name, declared, sql)
    return QueryFile(
        name=name,
        sql=sql,
        grain=header["grain"],
        parameters=declared,
        after=words(header.get("after", "")),
        visibility=read_visibility(header.get("scope", "none")),
        patched_by=header.get("patched by", ""),
        aged=header.get("aged", ""),
    )


def load_folder(folder: str, queries: Path = QUERIES) -> list[QueryFile]:
    """All queries of a folder, each after those it names in `after`. Raise `ValueError` where these run in a circle."""
    queries_by_name = {
        path.stem: load(f"{folder}/{path.stem}", queries) for path in sorted((queries / folder).glob("*.sql"))
    }
    if unknown := {word for query in queries_by_name.values() for word in query.after} - queries_by_name.keys():
        raise ValueError(f"queries/{folder}: `after` names {', '.join(sorted(unknown))}, which is not there")
    try:
        order = list(
            TopologicalSorter({stem: sorted(query.after) for stem, query in queries_by_name.items()}).static_order()
        )
    except CycleError as error:
        raise ValueError(f"queries/{folder}: `after` runs in a circle: {' -> '.join(error.args[1])}") from error
    return [queries_by_name[stem] for stem in order]


def recipe(queries: Path = QUERIES) -> str:
    """SHA-256 of the queries that make marts: a version of another recipe may lack what pages ask for."""
    folders = ("linking", "staging", "intermediate", "patching", "marts")
    files = [file for folder in folders for file in sorted((queries / folder).glob("*.sql"))]
    text = "".join(f"{file.stem}\0{file.read_text(encoding='utf-8')}\0" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()


def read_macro(name: str, header: dict[str, str], sql: str) -> QueryFile:
    """A macro's file. Raise `ValueError` unless it makes one macro of its own name, as its header says."""
    made = MACRO.search(sql)
    if parsed(name, sql) != [(duckdb.StatementType.CREATE, frozenset())] or not made:
        raise ValueError(f"query {name}: a macro's file holds exactly one CREATE MACRO, without parameters")
    if f"macros/{made['name']}" != name:
        raise ValueError(f"query {name}: makes a macro of another name, {made['name']}")
    if words(made["arguments"]) != words(header.get("arguments", "")):
        raise ValueError(f"query {name}: its header must name its arguments, in their order (`-- arguments: ...`)")
    key = "grain" if made["table"] else "returns"
    if not header.get(key):
        raise ValueError(f"query {name}: the first comment must say its {key} (`-- {key}: ...`)")
    return QueryFile(
        name=name,
        sql=sql,
        grain=header[key],
        parameters=frozenset(words(made["arguments"])),
        after=words(header.get("after", "")),
        visibility=read_visibility("none"),
    )


def words(text: str) -> tuple[str, ...]:
    """What stands between commas and blanks."""
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def parsed(name: str, sql: str) -> list[tuple[duckdb.StatementType, frozenset[str]]]:
    """Type and parameters of each statement, by DuckDB's own parser. Raise `ValueError` where it cannot read them."""
    try:
        return [(one.type, frozenset(one.named_parameters)) for one in duckdb.extract_statements(sql)]
    except duckdb.ParserException as error:
        raise ValueError(f"query {name}: {error}") from error


def read_header(sql: str) -> dict[str, str]:
    """Keys and values of the first comment; a line indented by two blanks or more goes on with the key before it."""
    header: dict[str, str] = {}
    key = ""
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        if keyed := KEYED.fullmatch(line):
            key = keyed["key"]
            header[key] = keyed["value"].strip()
        elif key and (continued := CONTINUED.fullmatch(line)):
            header[key] += f" {continued['value'].strip()}"
        else:
            key = ""
    return header


def check_parameters(name: str, declared: frozenset[str], sql: str) -> None:
    """Raise `ValueError` unless the file is exactly one SELECT whose parameters are those declared."""
    statements = parsed(name, sql)
    if [kind for kind, _ in statements] != [duckdb.StatementType.SELECT]:
        raise ValueError(f"query {name}: a query file holds exactly one SELECT")
    used = statements[0][1]
    if undeclared := used - declared:
        raise ValueError(f"query {name}: uses ${', $'.join(sorted(undeclared))}, not declared in its header")
    if unused := declared - used:
        raise ValueError(f"query {name}: declares ${', $'.join(sorted(unused))}, which it does not use")
