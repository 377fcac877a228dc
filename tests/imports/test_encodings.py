"""Files in the encodings of East Asia: read right, or refused with what the mapping may say; never as garbage."""

from pathlib import Path
from random import Random

import pytest
from babel import Locale

from shopkeeper.errors import Refused
from shopkeeper.imports.readers.encodings import encoding_of
from shopkeeper.imports.readers.likeness import likeness, most_like

SIMPLIFIED = "订单编号,商品名称,买家\n1,龙井茶（特级）,王小明\n2,青花瓷杯,李娜\n"
TRADITIONAL = "訂單編號,商品名稱,買家\n1,高山烏龍茶,陳大文\n2,青花瓷杯,林美玲\n"
KOREAN = (
    "주문번호,일시,상품,구매자\n1,오월 일일,보성 녹차 선물 세트,김민수\n2,유월 이일,청자 찻잔과 다관,이영희 박지성\n"
)
JAPANESE = "注文番号,商品名,購入者\n1,ほうじ茶,田中太郎\n2,湯呑みカップ,佐藤花子\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "orders.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("text", "encoding", "read_as"),
    [
        (SIMPLIFIED, "gb18030", "gb18030"),
        (TRADITIONAL, "gb18030", "gb18030"),
        ("编号,买家\n1,王𬭚\n2,𪚥𠮷\n3,茶🍵\n", "gb18030", "gb18030"),
        ("id,name\n1,茶\n", "gb18030", "gb18030"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (TRADITIONAL, "utf-8", "utf-8"),
    ],
)
def test_what_can_be_told_is_read(text: str, encoding: str, read_as: str, tmp_path: Path) -> None:
    path = written(tmp_path, text.encode(encoding))
    assert encoding_of(path, path.name, chinese=True) == read_as
    assert path.read_text(encoding=read_as) == text


@pytest.mark.parametrize("chinese", [True, False])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((TRADITIONAL, codec) for codec in ("big5", "big5hkscs")),
        ("訂單,買家\n1,陳大文\n", "big5"),
        ("訂單編號,商品名稱\n1,高山茶€\n2,烏龍茶\n", "cp950"),
        (JAPANESE, "shift_jis"),
        (KOREAN, "euc_kr"),
        (JAPANESE + "".join(f"3,{each},様\n" for each in ("緑茶の新芽", "急須と茶碗", "お菓子の箱詰め")), "euc_jp"),
        ("注文,商品\n1,髙島屋①\n2,ほうじ茶\n", "cp932"),
        *((text, f"utf-16-{order}") for text in (SIMPLIFIED, TRADITIONAL) for order in ("le", "be")),
    ],
)
def test_other_encodings_are_named_in_the_refusal(text: str, encoding: str, chinese: bool, tmp_path: Path) -> None:
    path = written(tmp_path, text.encode(encoding))
    with pytest.raises(Refused, match=r"encoding = ") as refusal:
        encoding_of(path, path.name, chinese=chinese)
    offered = str(refusal.value).split("encoding = ")[1].split()[0].strip("\"'")
    assert encoding_of(path, path.name, offered, chinese=chinese)
    assert path.read_text(encoding=offered) == text


@pytest.mark.parametrize("chinese", [True, False])
def test_broken_utf8_is_not_taken_for_chinese(chinese: bool, tmp_path: Path) -> None:
    path = written(tmp_path, SIMPLIFIED.encode()[:-4] + b"\xe5\n")
    with pytest.raises(Refused, match=r"UTF-8 but for some broken characters: line 3 holds bytes"):
        encoding_of(path, path.name, chinese=chinese)


def test_letters_with_accents_are_no_chinese(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\n1,Köln Müller\n2,Grönlünd\n3,Bör\n4,Mörik\n".encode("cp1252"))
    with pytest.raises(Refused, match="cp1252"):
        encoding_of(path, path.name, chinese=True)


def test_a_text_is_likest_its_own_encoding(tmp_path: Path) -> None:
    for text, encoding in ((SIMPLIFIED, "gb18030"), (TRADITIONAL, "big5"), (JAPANESE, "shift_jis")):
        scores = likeness(written(tmp_path, text.encode(encoding)))
        assert most_like(scores) == encoding, scores


def named(locale: str) -> list[str]:
    """Names of countries, languages and currencies, as a language writes them."""
    said = Locale.parse(locale)
    names = [*said.territories.values(), *said.languages.values(), *said.currencies.values()]
    return [str(name).replace(",", " ") for name in names]


@pytest.mark.parametrize("rows", [3, 12, 300])
def test_chinese_texts_are_never_taken_for_korean_or_japanese(rows: int, tmp_path: Path) -> None:
    chance, names = Random(rows), {each: named(each) for each in ("zh_CN", "zh_TW")}
    for number in range(30):
        drawn = chance.sample(names["zh_TW" if number % 3 == 0 else "zh_CN"], rows)
        path = written(tmp_path, "订单号,商品\n".encode("gb18030") + "\n".join(drawn).encode("gb18030"))
        assert encoding_of(path, path.name, chinese=True) == "gb18030"


@pytest.mark.parametrize(("locale", "codec", "name"), [("ko", "euc_kr", "euc-kr"), ("ja", "euc_jp", "euc-jp")])
def test_korean_and_japanese_texts_are_named(locale: str, codec: str, name: str, tmp_path: Path) -> None:
    chance, names = Random(codec), named(locale)
    for _ in range(10):
        path = written(tmp_path, "\n".join(chance.sample(names, 300)).encode(codec, errors="ignore"))
        with pytest.raises(Refused, match=f"reads most like {name}"):
            encoding_of(path, path.name, chinese=True)
