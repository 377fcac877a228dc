"""Tables as CSV that Excel reads and a program parses.

The first row is the header, with the machine names as given. Four columns follow the table's own: `about_as_of`,
`about_version` and `about_filters` on every row, so that rows cut out and pasted elsewhere still say what they are, and
`about_definitions` on the first row alone, because it is long. A table without rows is its header.

A whole number is written as one (30, never 30.0), also where the column holds fractions. Text that a spreadsheet would
run as a formula gets a leading apostrophe, in the header too; numbers stay numbers.
"""

from io import BytesIO

import polars as pl

from shopkeeper.exports.about import About

# After blanks and invisible marks: = + - @, their full-width and small forms, or a control character.
FORMULA = r"^[\p{Z}\p{Cf}]*[=+\-@\p{Cc}\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}\x{fe66}\x{fe62}\x{fe63}\x{fe6b}]"
ABOUT_COLUMNS = ("about_as_of", "about_version", "about_filters", "about_definitions")


def to_csv(frame: pl.DataFrame, about: About) -> bytes:
    """UTF-8 with a byte-order mark; days and times as ISO text, missing values empty.

    Raise `ValueError` where a column is one of `ABOUT_COLUMNS` or has a type that a cell cannot hold.
    """
    _check(frame)
    first = pl.int_range(pl.len()) == 0
    table = frame.with_columns(_cell(name, type_) for name, type_ in frame.schema.items()).with_columns(
        about_as_of=pl.lit(about.as_of),
        about_version=_harmless(pl.lit(about.version)),
        about_filters=_harmless(pl.lit(about.filter_text())),
        about_definitions=pl.when(first).then(_harmless(pl.lit(about.definition_text()))),
    )
    names = pl.DataFrame({"name": table.columns}).select(_harmless(pl.col("name"))).to_series().to_list()
    content = BytesIO()
    table.rename(dict(zip(table.columns, names, strict=True))).write_csv(content, include_bom=True)
    return content.getvalue()


def _check(frame: pl.DataFrame) -> None:
    for name, type_ in frame.schema.items():
        if name in ABOUT_COLUMNS:
            raise ValueError(f"{name} is the name of an about column")
        if type_.is_nested() or type_ in {pl.Binary, pl.Object, pl.Duration}:
            raise ValueError(f"{name} is a {type_}, which no cell can hold")


def _cell(name: str, type_: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(type_, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d %H:%M:%S%.f" + ("%:z" if type_.time_zone else ""))
    if isinstance(type_, pl.String | pl.Categorical | pl.Enum):
        return _harmless(column.cast(pl.String))
    if type_.is_float():
        return column.cast(pl.String).str.strip_suffix(".0")
    return column


def _harmless(text: pl.Expr) -> pl.Expr:
    return text.str.replace(FORMULA, "'${0}")
