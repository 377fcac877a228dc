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
NOBODY = (
    *("null", "(null)", "nan", "none", "nil", "n/a", "#n/a", "na", "-", "--", "0", "undefined"),
    *("guest", "anonymous", "unknown", "游客", "匿名", "未知", "散客"),
)
"""Values of customer_id, in lower case, that stand for no buyer."""
MASKED = "*"


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
    result = without(replace(read, value=value), ("", *options.empty))
    if column == "customer_id" and not options.keep_placeholders:
        return _emptied(result, is_placeholder(read.shown))
    return result


def is_placeholder(value: Expression) -> Expression:
    """Whether a customer_id stands for nobody, or is masked and stands for many people."""
    return call("lower", call("trim", value)).isin(*map(text, NOBODY)) | call("contains", value, text(MASKED))


def without(read: CheckedValue, nothing: tuple[str, ...]) -> CheckedValue:
    """Empty, not broken, where the text is one of those that stand for nothing."""
    return _emptied(read, read.value.isin(*map(text, nothing)))


def _emptied(read: CheckedValue, where: Expression) -> CheckedValue:
    nothing = duckdb.CoalesceOperator(where, ConstantExpression(False))
    return replace(read, value=CaseExpression(~nothing, read.value), is_filled=read.is_filled & ~nothing)
