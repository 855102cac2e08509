"""Content codings undone within a bound (RFC 9110 §8.4, N3): bombs are cut, torn streams yield what they hold."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.content_coding import MAX_CODINGS, MAX_MEMBERS, decode

TEXT = b"The quick brown fox. " * 100
LIMIT = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    """Return data as Microsoft's servers once understood «deflate»: without zlib's frame."""
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()


@pytest.mark.parametrize(
    ("body", "codings", "decoded", "complete"),
    [
        pytest.param(TEXT, "", TEXT, True, id="none"),
        pytest.param(TEXT, "identity", TEXT, True, id="identity"),
        pytest.param(gzip.compress(TEXT), "gzip", TEXT, True, id="gzip"),
        pytest.param(gzip.compress(TEXT), " GZip ", TEXT, True, id="in odd case"),
        pytest.param(gzip.compress(TEXT), "x-gzip", TEXT, True, id="its old name"),
        pytest.param(zlib.compress(TEXT), "deflate", TEXT, True, id="deflate, in zlib's frame"),
        pytest.param(raw_deflate(TEXT), "deflate", TEXT, True, id="deflate without a frame"),
        pytest.param(
            gzip.compress(zlib.compress(TEXT)), "deflate, gzip", TEXT, True, id="one over the other"
        ),
        pytest.param(
            gzip.compress(b"a") + gzip.compress(b"b"), "gzip", b"ab", True, id="two members, one body"
        ),
        pytest.param(gzip.compress(TEXT) + bytes(512), "gzip", TEXT, True, id="padding behind it"),
        pytest.param(gzip.compress(TEXT) + b"more", "gzip", TEXT, False, id="something else behind it"),
        pytest.param(raw_deflate(TEXT) + b"more", "deflate", TEXT, True, id="a surplus without a frame"),
        pytest.param(b"", "gzip", b"", True, id="an empty body"),
        pytest.param(TEXT, "gzip", b"", False, id="a label that lies"),
        pytest.param(TEXT, "br", b"", False, id="a coding that we did not ask for"),
        pytest.param(gzip.compress(TEXT), "br, gzip", b"", False, id="such a one beneath"),
        pytest.param(
            gzip.compress(TEXT), ",".join(["gzip"] * (MAX_CODINGS + 1)), b"", False, id="a pile of them"
        ),
    ],
)
def test_codings_are_undone_last_applied_first(
    body: bytes, codings: str, decoded: bytes, *, complete: bool
) -> None:
    assert decode(body, codings, LIMIT) == (decoded, complete)


@given(st.binary(min_size=1, max_size=500), st.floats(0, 1))
def test_a_torn_stream_yields_what_it_holds(data: bytes, share: float) -> None:
    """Nothing raises, and nobody takes it for the whole."""
    whole = gzip.compress(data)
    torn = whole[: 1 + int(share * (len(whole) - 2))]
    decoded = decode(torn, "gzip", LIMIT)
    assert not decoded.complete
    assert data.startswith(decoded.body)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_is_cut_at_the_bound(layers: int) -> None:
    """However often it is wrapped: no layer grows beyond the bound, not even for a moment."""
    bomb = bytes(50_000_000)
    for _ in range(layers):
        bomb = gzip.compress(bomb)
    tracemalloc.start()
    decoded = decode(bomb, ",".join(["gzip"] * layers), LIMIT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(decoded.body) <= LIMIT
    assert not decoded.complete
    assert peak < 5 * LIMIT


def test_a_body_of_a_million_empty_members_keeps_nobody_busy() -> None:
    """Each member costs a copy of what lies behind it, so there is an end to them."""
    assert not decode(gzip.compress(b"") * 200_000, "gzip", LIMIT).complete
    assert decode(gzip.compress(b"a") * MAX_MEMBERS, "gzip", LIMIT) == (b"a" * MAX_MEMBERS, True)


@given(st.binary(max_size=2000), st.integers(0, 3000))
def test_the_bound_is_a_bound(data: bytes, limit: int) -> None:
    decoded = decode(gzip.compress(data), "gzip", limit)
    assert decoded.body == data[:limit]
    assert decoded.complete is (len(data) <= limit)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "gzip, deflate", "deflate, deflate"]))
def test_no_bytes_are_worse_than_incomplete(data: bytes, codings: str) -> None:
    assert len(decode(data, codings, 1000).body) <= 1000
