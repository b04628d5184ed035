"""Literals are found alike by Hyperscan and without it, in several threads at once too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hypothesis import given, strategies as st

from soc.literals import Literals

BYTES = st.lists(st.sampled_from([b"a", b"B", b"\xc3", b"\xa9", b" "]), max_size=40).map(b"".join)
WORDS = st.lists(BYTES.filter(bool).map(lambda word: word[:4]), min_size=1, max_size=12, unique=True)


@given(words=WORDS, text=BYTES)
def test_the_literals_of_a_text_are_found(words: list[bytes], text: bytes) -> None:
    assert {number for number, _ in Literals(words).hits(text)} == {
        number for number, word in enumerate(words) if word in text
    }


def test_threads_do_not_disturb_each_other() -> None:
    literals = Literals([f"word{number} ".encode() for number in range(200)])
    text = b"word7 word199 none of these " * 20_000
    started = Barrier(4)

    def look() -> set[frozenset[int]]:
        started.wait()
        return {frozenset(number for number, _ in literals.hits(text)) for _ in range(20)}

    with ThreadPoolExecutor(4) as pool:
        found = [each.result() for each in [pool.submit(look) for _ in range(4)]]
    assert found == [{frozenset({7, 199})}] * 4
