"""Texts as shops write them: blanks, guards and spellings that mean the same become one, so that a name counts once."""

import re
from dataclasses import replace

import duckdb
from duckdb import CaseExpression, ConstantExpression, Expression

from shopkeeper.imports.checks.contacts import FILLER_MOBILE, half_width, is_pseudonym, seen, without_point_zero
from shopkeeper.imports.checks.terms import BLANKS, CheckedValue, call, text
from shopkeeper.imports.mapping.declared import ColumnMapping

GUARD = r'(?s)="(.*)"|\'([0-9]+)'
"""What keeps a spreadsheet from taking digits for a number: `="00123"`, `'00123`."""
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
BARE = f"(?s)[^='{BLANKS}{INVISIBLE}](.*[^{BLANKS}{INVISIBLE}])?"
"""Nothing at the ends that would be taken off."""
NARROW = "\u00a1-\u02ff\u3001-\u3029\u3030-\u3098\u309b-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff5f-\uffee"
COMPOSED = f"{NARROW}\uff01-\uff5e"
"""Characters that are in NFC whatever stands beside them: Latin, Chinese, Japanese, Korean, and full-width forms."""
READY = f"(?s)[!-&(-<>-~{COMPOSED}]([\\x00-\u00a0\u3000{COMPOSED}]*[!-~{COMPOSED}])?"
"""Nothing to take off, and nothing to compose."""
READY_KEY = f"(?s)[!-&(-<>-~{NARROW}]([\\x00-\u009f{NARROW}]*[!-~{NARROW}])?"
"""The same, and nothing in full width, nor a blank that does not break."""
EMAIL_COLUMNS = ("customer_id", "account_id")
NOBODY = (
    *("null", "(null)", "nan", "none", "nil", "n/a", "#n/a", "na", "-", "--", "0", "undefined"),
    *("guest", "anonymous", "unknown", "游客", "匿名", "未知", "散客"),
    *("guest customer", "guest user", "walk-in", "walk in", "walkin", "walk-in customer", "walk in customer"),
    *("(blank)", "(none)", "blank", "empty", "not available", "not provided", "cash customer", "no customer"),
    *("—", "——", "–", "−", "―", "---", "/", "_", "…", "...", "n.a.", "missing", "anon", "not set", "(not set)"),
    *("gast", "unbekannt", "inconnu", "anonyme", "invité", "desconocido", "anónimo", "invitado", "ゲスト", "非会員"),
    *(".", "?", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "<null>", r"\n", "nat"),
    *("匿名用户", "匿名买家", "匿名顾客", "匿名客户", "匿名会员", "无", "無", "暂无", "空", "未登录", "非会员", "没有"),
    *("不详", "未填写", "未填", "保密", "顾客", "客户", "买家", "零售客户", "散户", "普通客户", "临时客户", "默认客户"),
    *("路人", "customer"),
)
"""Values of customer_id, in lower case, that stand for no buyer."""
ERROR = r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)"
"""What a spreadsheet shows where a formula failed: it is no name of anything."""
MASKED = "*"
FILLED_IN = "|".join(rf"{name}@{name}\.[^@\s]+" for name in ("test", "na", "n/a", "a", "x+", "0+", "mail"))
NO_BOX = r"\.*(\+[^@]*)?@(gmail|googlemail)\.com"
"""Of Gmail's addresses those that reach no box: nothing but dots and a suffix before the @."""
OF_TILLS = r"(guest|anonymous|unknown|none|null|email|walk-?in|no-?e?mail|(no|do-?not)[-_.]?reply)@[^@\s]+"
EMAIL_OF_NOBODY = f"({OF_TILLS}|{FILLED_IN}|{NO_BOX})"
PHONE_OF_NOBODY = rf"(\+?86[ -]?)?{FILLER_MOBILE.pattern}"
WORD_OF_NOBODY = "|".join((*map(re.escape, NOBODY), r"0+(\.0+)?", EMAIL_OF_NOBODY, PHONE_OF_NOBODY))
PLACEHOLDER = rf"(?i)\s*(?:=?[\"'])?\s*({WORD_OF_NOBODY})\s*\"?\s*"
"""With the guard around it that keeps a spreadsheet from reading it, or without."""
NO_BUYER = ("customer_id", "account_id")
"""Columns in which a `PLACEHOLDER` is nobody."""


def is_key(name: str) -> bool:
    """Whether a column of the contract names a thing or a person, and is not for reading."""
    return name == "sku" or name.endswith(("_id", "location"))


def mended(value: Expression, *, key: bool = False) -> Expression:
    """Without blanks and invisible characters around, without a `GUARD`, its accents composed (Unicode NFC); a `key`
    also without full-width letters, digits, signs and blanks, and a whole number without the .0 that a spreadsheet or
    pandas writes to it where cells of its column are empty: ＡＢ－１ is AB-1, and 17850.0 is 17850.

    DuckDB's `trim` with a set of characters costs more than all else, and `nfc_normalize` as much as a dozen searches,
    so only what needs them goes through them.
    """
    first, last = value, call("array_extract", value, ConstantExpression(-1))
    ascii_only = call("strlen", value) == call("length", value)
    ends_plain = (first >= text("!")) & (first < text("\x7f")) & (last > text(" ")) & (last < text("\x7f"))
    # Begins with "=" or an apostrophe, which compared so takes no time.
    guarded = ((value >= text("=")) & (value < text(">"))) | ((value >= text("'")) & (value < text("(")))
    bare = call("trim", value, text(BLANKS + INVISIBLE))
    unguarded = CaseExpression(
        call("regexp_full_match", bare, text(GUARD)),
        call("regexp_replace", bare, text(f"^(?:{GUARD})$"), text(r"\1\2")),
    ).otherwise(bare)
    composed = call("nfc_normalize", call("trim", unguarded, text(BLANKS + INVISIBLE)))
    normal = call("nfc_normalize", value)
    return (
        CaseExpression(ascii_only & ends_plain & ~guarded, without_point_zero(value) if key else value)
        .when(call("regexp_full_match", value, text(READY_KEY if key else READY)), value)
        .when(call("regexp_full_match", value, text(BARE)), without_point_zero(half_width(normal)) if key else normal)
        .otherwise(without_point_zero(half_width(composed)) if key else composed)
    )


def spelled(read: CheckedValue, column: str, options: ColumnMapping) -> CheckedValue:
    """A text of the contract, mended before: in the case that the mapping says; empty where it says nothing.

    The letter case of an e-mail address means nothing, so that of a person's key is lower.
    """
    value = read.value
    if options.case:
        value = call(options.case, value)
    elif column in EMAIL_COLUMNS:
        value = CaseExpression(call("contains", value, text("@")), call("lower", value)).otherwise(value)
    result = without(replace(read, value=value), ("", *options.empty))
    # Compared first, which takes no time: hardly a text begins with that sign.
    begins = (value >= text("#")) & (value < text("$"))
    failed = CaseExpression(begins, call("regexp_full_match", value, text(ERROR)))
    result = _emptied(result, failed)
    if column in NO_BUYER and not options.keep_placeholders:
        result = _emptied(result, is_placeholder(read.shown))
    if not options.prefix:
        return result
    prefixed = call("||", text(options.prefix), result.value)
    # A pseudonym is the same person's on all channels, and begins with its kind.
    return replace(result, value=CaseExpression(is_pseudonym(result.value), result.value).otherwise(prefixed))


def is_placeholder(value: Expression) -> Expression:
    """Whether a customer_id stands for nobody, or is masked and stands for many people."""
    # Not `isin`: DuckDB makes a join of a long list, on each of a query's rows, even where nobody asks for it.
    plain = seen(value)
    return call("regexp_full_match", plain, text(PLACEHOLDER)) | call("contains", plain, text(MASKED))


def is_nobodys_email(value: Expression) -> Expression:
    """Whether an e-mail address is one that tills and people fill in: guest@..., noreply@..., test@test.com."""
    return call("regexp_full_match", value, text(rf"(?i)\s*{EMAIL_OF_NOBODY}\s*"))


def without(read: CheckedValue, nothing: tuple[str, ...]) -> CheckedValue:
    """Empty, not broken, where the text is one of those that stand for nothing."""
    return _emptied(read, read.value.isin(*map(text, nothing)))


def _emptied(read: CheckedValue, where: Expression) -> CheckedValue:
    nothing = duckdb.CoalesceOperator(where, ConstantExpression(False))
    return replace(read, value=CaseExpression(~nothing, read.value), is_filled=read.is_filled & ~nothing)
