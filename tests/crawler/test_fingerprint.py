"""A fingerprint tells near copies from different documents, and is the same wherever it is taken."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.fingerprint import FEWEST_WORDS, MOST_WORDS, distance, fingerprint, simhash
from licences.representation import Representation

WORDS = st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6).map(str.encode), max_size=80)


def print_of(body: str, media_type: str = "text/html") -> int:
    taken = print_or_none(body, media_type)
    assert taken is not None
    return taken


def print_or_none(body: str, media_type: str = "text/html") -> int | None:
    return fingerprint(
        Representation(
            url="https://example.org/",
            status=200,
            headers=(("Content-Type", f"{media_type}; charset=utf-8"),),
            media_type=media_type,
            body=body.encode(),
            tree=LexborHTMLParser(body) if media_type == "text/html" else None,
        )
    )


def prose(seed: int, words: int = 1_500) -> list[str]:
    """Return words as a text has them: a few very often, most rarely."""
    chance = random.Random(seed)
    return [f"w{int(chance.paretovariate(0.6)) % 5_000}" for _ in range(words)]


def article(text: list[str]) -> str:
    paragraphs = "".join(f"<p>{' '.join(text[at : at + 60])}</p>" for at in range(0, len(text), 60))
    return f"<html><body><nav><a href=/>home</a></nav><main>{paragraphs}</main></body></html>"


@pytest.mark.parametrize("seed", range(5))
def test_a_word_more_or_less_leaves_a_near_copy(seed: int) -> None:
    text = prose(seed)
    changed = [*text[:700], "another", *text[701:]]
    assert distance(print_of(article(text)), print_of(article(changed))) <= 3


def test_different_documents_are_far_apart() -> None:
    prints = [print_of(article(prose(seed, 300))) for seed in range(40)]
    assert min(distance(one, other) for one, other in combinations(prints, 2)) > 12


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("<main>", '<main id="a" class="b">', id="attributes"),
        pytest.param('<p title="x" class="y">', '<p class="y" title="x">', id="order of attributes"),
        pytest.param("<nav>", "<nav><a href=/new>What is new today</a>", id="navigation"),
        pytest.param("<main>", "<aside>Other people read these</aside><main>", id="an aside"),
        pytest.param("</body>", "<footer>Rendered at 12:03:04 for you</footer></body>", id="a footer"),
        pytest.param("</body>", "<script>let session = 'a b c d e f'</script></body>", id="a script"),
        pytest.param("<nav>", "<nav><script>let a = 1;</script>", id="a script in the navigation"),
        pytest.param("<main>", "<main><style>p { color: red }</style>", id="a style"),
        pytest.param("<p>", "\n\n   <p>", id="blanks"),
        pytest.param(" w1 ", " <b>W1</b> ", id="emphasis and case"),
    ],
)
def test_what_is_not_the_text_has_no_vote(before: str, after: str) -> None:
    page = article(prose(1)).replace("<p>", '<p title="x" class="y">', 1)
    assert before in page
    assert print_of(page) == print_of(page.replace(before, after))


def test_order_counts() -> None:
    text = prose(2, 300)
    assert distance(print_of(article(text)), print_of(article(text[::-1]))) > 12


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("天地玄黃宇宙洪荒日月盈昃辰宿列張", "天地玄黃宇宙洪荒日月盈昃辰宿列張。", id="Chinese"),
        pytest.param("ประเทศไทยมีภาษาไทยเป็นภาษาราชการ", "ประเทศไทยมีภาษาไทยเป็นภาษาราชการ ", id="Thai"),
        pytest.param("これは日本語の文章ですからね", "これは日本語の文章です からね", id="Japanese"),
    ],
)
def test_where_no_blanks_stand_a_character_is_a_word(one: str, other: str) -> None:
    """Else such a text would be one word, and have none."""
    assert distance(print_of(f"<p>{one * 20}"), print_of(f"<p>{other}{one * 19}")) <= 6
    assert distance(print_of(f"<p>{one * 20}"), print_of(f"<p>{one[::-1] * 20}")) > 12


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        pytest.param("<p>too short to tell by", "text/html", id="few words"),
        pytest.param("<nav>" + "one two three " * 9 + "</nav>", "text/html", id="navigation alone"),
        pytest.param("", "text/html", id="nothing"),
        pytest.param("%PDF-1.7 " + "one two three " * 9, "application/pdf", id="a form that is not read"),
    ],
)
def test_what_has_no_text_has_no_fingerprint(body: str, media_type: str) -> None:
    assert print_or_none(body, media_type) is None


def test_plain_text_is_read_like_a_page() -> None:
    text = " ".join(prose(3))
    assert print_of(text, "text/plain") == print_of(f"<p>{text}")


def test_no_more_than_the_first_words_are_read() -> None:
    text = prose(4, MOST_WORDS)
    assert print_of(article(text)) == print_of(article([*text, "and", "so", "on"]))


@given(WORDS)
def test_it_is_one_signed_number_of_64_bits(words: list[bytes]) -> None:
    taken = simhash(words)
    assert (taken is None) == (len(words) < FEWEST_WORDS)
    assert taken is None or -(1 << 63) <= taken < 1 << 63
    assert taken == simhash(list(words))


def test_every_process_takes_the_same() -> None:
    """Python's own hashes differ from process to process; ours may not, for they are compared over years."""
    script = "from crawler.fingerprint import simhash; print(simhash([b'%d' % n for n in range(99)]))"
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "4711")
    }
    assert told == {b"%d\n" % (simhash([b"%d" % n for n in range(99)]) or 0)}
