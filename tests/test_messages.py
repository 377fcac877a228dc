"""A sentence that counts: its two forms in the source, one in Chinese, and what is kept of it."""

import pytest

from shopkeeper import i18n
from shopkeeper.messages import Message
from shopkeeper.supply.replenishment import notes

FORMS = ("{n} day of {what}", "{n} days of {what}")


@pytest.mark.parametrize(("n", "words"), [(0, "0 days of tea"), (1, "1 day of tea"), (1234, "1,234 days of tea")])
def test_a_sentence_that_counts_has_the_form_of_its_number_and_keeps_it(n: int, words: str) -> None:
    counted = Message.counted(FORMS, {"n": n, "what": "tea"})
    assert str(counted) == words
    assert str(Message.from_data(counted.as_data())) == words


def test_what_was_kept_before_sentences_counted_is_read_as_it_was() -> None:
    assert str(Message.from_data({"text": "{n} days", "values": {"n": 1}})) == "1 days"


def test_a_sentence_cannot_count_by_words() -> None:
    with pytest.raises(TypeError, match="give a whole number"):
        str(Message.counted(FORMS, {"n": "one", "what": "tea"}))


def test_notes_of_orders_count_in_both_languages() -> None:
    said = [str(note) for note in notes.sentences({"negative": 1, "no_lanes": 1})]
    assert said[0].startswith("1 count is below 0: it stands")
    assert said[1].startswith("There are no lanes")
    with i18n.speaking("zh_CN"):
        assert str(notes.sentences({"negative": 1})[0]).startswith("1 ")
