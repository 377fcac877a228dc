"""A value on its way from a file to the contract, as a DuckDB expression, and the small words of such expressions."""

from dataclasses import dataclass

from duckdb import CaseExpression, ConstantExpression, Expression, FunctionExpression

BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
MOST = "\U0010ffff"
"""What follows a blank in the greatest of all texts that begin with it."""
WHOLE_TYPES = (
    "INTEGER",
    "UINTEGER",
    *(f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")),
)
FLOAT_TYPES = {"FLOAT": 1e-6, "DOUBLE": 1e-9}
"""How far a decimal may lie from the binary fraction it stands for, relative to its size."""
WIDE = "DECIMAL(38,8)"
NO_BLANKS_AROUND = f"(?s)[^{BLANKS}](.*[^{BLANKS}])?"


@dataclass(frozen=True)
class CheckedValue:
    """`value` has the DuckDB `type`, NULL where the file says nothing or what it says cannot be used; `is_filled` is
    TRUE where it says something, else FALSE; `shown` is what the file says, as text. `fault` names the rule broken by
    what is filled and has no value. `doubt`: whether a time does not exist in its zone, or exists twice."""

    value: Expression
    type: str
    is_filled: Expression
    shown: Expression
    fault: str = ""
    doubt: Expression | None = None


def text(value: str) -> Expression:
    """A text as a constant."""
    return ConstantExpression(value)


def call(name: str, *arguments: Expression) -> Expression:
    """A function of DuckDB's."""
    return FunctionExpression(name, *arguments)


def filled(value: Expression) -> Expression:
    """TRUE where a text is more than blanks. Most begin with a letter, Latin or Chinese, which is quicker to see."""
    latin = (value >= text("!")) & (value < text("\x7f"))
    beyond_blanks = value > text(BLANKS[-1] + MOST)
    return (
        CaseExpression(latin | beyond_blanks, ConstantExpression(True))
        .when(call("trim", value, text(BLANKS)) != text(""), ConstantExpression(True))
        .otherwise(ConstantExpression(False))
    )


def trimmed(value: Expression) -> Expression:
    """Without blanks around. DuckDB's `trim` with a set of characters costs more than all else, so most go past it."""
    return CaseExpression(call("regexp_full_match", value, text(NO_BLANKS_AROUND)), value).otherwise(
        call("trim", value, text(BLANKS))
    )
