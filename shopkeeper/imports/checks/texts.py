"""Texts as shops write them: blanks, guards and spellings that mean the same become one, so that a name counts once."""

from dataclasses import replace

import duckdb
from duckdb import CaseExpression, ConstantExpression, Expression

from shopkeeper.imports.checks.terms import BLANKS, CheckedValue, call, text
from shopkeeper.imports.mapping.declared import ColumnMapping

PLAIN = "[!-<>-~]([ -~]*[!-~])?"
"""Nothing to mend: printable ASCII without a blank at an end, nor the `=` that guards a text from a spreadsheet."""
GUARD = r'(?s)="(.*)"'
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
EMAIL_COLUMNS = ("customer_id", "account_id")


def mended(value: Expression) -> Expression:
    """Without blanks and invisible characters around, without `="..."`, its accents composed (Unicode NFC)."""
    bare = call("trim", value, text(BLANKS + INVISIBLE))
    unguarded = CaseExpression(
        call("regexp_full_match", bare, text(GUARD)), call("regexp_extract", bare, text(GUARD), ConstantExpression(1))
    ).otherwise(bare)
    composed = call("nfc_normalize", call("trim", unguarded, text(BLANKS + INVISIBLE)))
    return CaseExpression(call("regexp_full_match", value, text(PLAIN)), value).otherwise(composed)


def spelled(read: CheckedValue, column: str, options: ColumnMapping) -> CheckedValue:
    """A text of the contract: mended, in the case that the mapping says; empty where it says nothing.

    The letter case of an e-mail address means nothing, so that of a person's key is lower.
    """
    value = mended(read.value)
    if options.case:
        value = call(options.case, value)
    elif column in EMAIL_COLUMNS:
        value = CaseExpression(call("contains", value, text("@")), call("lower", value)).otherwise(value)
    return without(replace(read, value=value), ("", *options.empty))


def without(read: CheckedValue, nothing: tuple[str, ...]) -> CheckedValue:
    """Empty, not broken, where the text is one of those that stand for nothing."""
    stands_for_nothing = duckdb.CoalesceOperator(read.value.isin(*map(text, nothing)), ConstantExpression(False))
    return replace(
        read, value=CaseExpression(~stands_for_nothing, read.value), is_filled=read.is_filled & ~stands_for_nothing
    )
