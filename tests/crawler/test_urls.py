"""URLs: one spelling a resource, and nothing that leads elsewhere than it seems to (RFC 3986 §6.2, politeness §5)."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import urls


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        pytest.param("HTTP://EXAMPLE.org/A", "http://example.org/A", id="scheme and host in lower case"),
        pytest.param("http://example.org", "http://example.org/", id="an empty path is the root"),
        pytest.param("http://example.org?q", "http://example.org/?q", id="a query without a path"),
        pytest.param("http://example.org:80/", "http://example.org/", id="the scheme's own port"),
        pytest.param("https://example.org:443/", "https://example.org/", id="TLS has another"),
        pytest.param("https://example.org:80/", "https://example.org:80/", id="another scheme's port stays"),
        pytest.param("http://example.org:/", "http://example.org/", id="a colon without a port"),
        pytest.param("http://example.org./", "http://example.org/", id="the root label's dot"),
        pytest.param("http://example.org/a#b", "http://example.org/a", id="no fragment"),
        pytest.param("  http://example.org/ \n", "http://example.org/", id="white space around"),
        pytest.param("http://example.org/a/./b/../c", "http://example.org/a/c", id="dot segments"),
        pytest.param("http://example.org/a/b/..", "http://example.org/a/", id="dot segments at the end"),
        pytest.param("http://example.org/../../a", "http://example.org/a", id="no way above the root"),
        pytest.param("http://example.org/%2e%2E/a", "http://example.org/a", id="encoded dots are dots"),
        pytest.param(
            "http://example.org//b/./c", "http://example.org//b/c", id="an empty segment is no host"
        ),
        pytest.param("http://example.org/...", "http://example.org/...", id="three dots are a name"),
        pytest.param("http://example.org/?q=/../a", "http://example.org/?q=/../a", id="dots of a query stay"),
        pytest.param("http://example.org/%7euser", "http://example.org/~user", id="unreserved triplets"),
        pytest.param("http://example.org/a%2fb", "http://example.org/a%2Fb", id="reserved triplets stay"),
        pytest.param("http://example.org/100%", "http://example.org/100%25", id="a lone percent sign"),
        pytest.param("http://example.org/%%37E", "http://example.org/%257E", id="no triplet made of two"),
        pytest.param("http://example.org/ü?ü", "http://example.org/%C3%BC?%C3%BC", id="UTF-8 in triplets"),
        pytest.param("http://example.org/a\\b", "http://example.org/a%5Cb", id="a backslash in a path"),
        pytest.param("http://Bücher.example/", "http://xn--bcher-kva.example/", id="IDNA"),
        pytest.param(
            "http://bücher。example/", "http://xn--bcher-kva.example/", id="an ideographic full stop"
        ),
        pytest.param("http://[2001:DB8:0::1]/", "http://[2001:db8::1]/", id="IPv6, shortest form"),
        pytest.param("http://[::1]:8080/", "http://[::1]:8080/", id="IPv6 with a port"),
        pytest.param("http://192.0.2.7/", "http://192.0.2.7/", id="IPv4"),
    ],
)
def test_a_resource_has_one_spelling(written: str, canonical: str) -> None:
    assert urls.canonical(written) == canonical


@pytest.mark.parametrize(
    ("written", "why"),
    [
        pytest.param("ftp://example.org/", "scheme", id="another scheme"),
        pytest.param("javascript:alert(1)", "scheme", id="a script"),
        pytest.param("data:text/html,a", "scheme", id="data"),
        pytest.param("file:///etc/passwd", "scheme", id="a file"),
        pytest.param("//example.org/", "scheme", id="no scheme"),
        pytest.param("http://user@example.org/", "credentials", id="a user"),
        pytest.param("http://user:secret@example.org/", "credentials", id="a password"),
        pytest.param("http://example.org\\@evil.example/", "credentials", id="a backslash before the host"),
        pytest.param("http://example.org\\.evil.example/", "no internet name", id="a backslash in the host"),
        pytest.param("http://example.org/a b", "control character", id="a space"),
        pytest.param("http://example.org/a\r\nHost: evil", "control character", id="a line break"),
        pytest.param("http://example.org/a\0", "control character", id="NUL"),
        pytest.param("http://exam\tple.org/", "control character", id="a tab that a parser would drop"),
        pytest.param("http:///a", "names no host", id="no host"),
        pytest.param("http://:80/", "names no host", id="a port alone"),
        pytest.param("http://example.org:0/", "names no host and port", id="port 0"),
        pytest.param("http://example.org:65536/", "cannot be read", id="a port beyond all"),
        pytest.param("http://example.org:+80/", "cannot be read", id="a signed port"),
        pytest.param("http://example.org:8o/", "cannot be read", id="a port of letters"),
        pytest.param("http://[::1/", "cannot be read", id="an open bracket"),
        pytest.param("http://example.org[::1]/", "brackets", id="a name before the brackets"),
        pytest.param("http://[::1]example.org/", "brackets", id="a name behind the brackets"),
        pytest.param("http://[fe80::1%25eth0]/", "brackets", id="a zone"),
        pytest.param("http://2130706433/", "easily mistaken", id="127.0.0.1 as one number"),
        pytest.param("http://0x7f000001/", "easily mistaken", id="127.0.0.1 in hexadecimal"),
        pytest.param("http://127.0.0.0x1/", "easily mistaken", id="127.0.0.1, partly in hexadecimal"),
        pytest.param("http://0177.0.0.1/", "easily mistaken", id="127.0.0.1 in octal"),
        pytest.param("http://127.1/", "easily mistaken", id="127.0.0.1, shortened"),
        pytest.param(
            "http://\uff11\uff12\uff17.0.0.1/", "easily mistaken", id="127.0.0.1 in full-width digits"
        ),
        pytest.param("http://a..example/", "no internet name", id="an empty label"),
        pytest.param(f"http://{'a' * 64}.example/", "no internet name", id="a label of 64 characters"),
        pytest.param(f"http://{'a.' * 127}example/", "no internet name", id="a name beyond 253 characters"),
        pytest.param("http://-a.example/", "no internet name", id="a name that looks like an option"),
        pytest.param("http://a$b.example/", "no internet name", id="a letter of no name"),
        pytest.param("http://straße.example/", "two versions of IDNA", id="strasse or xn--strae-oqa"),
        pytest.param("http://example.org/" + "a" * 2048, "longer", id="absurdly long"),
    ],
)
def test_a_url_that_misleads_is_refused(written: str, why: str) -> None:
    """The message says what is wrong with it; `canonical` answers None."""
    with pytest.raises(urls.UnusableUrlError, match=why):
        urls.parse(written)
    assert urls.canonical(written) is None


_SEGMENT = st.text(
    alphabet=string.ascii_letters + string.digits + "%./;:@&=+$,~!*'()?#[]|^`\"<>ü漢\\", max_size=12
)


@given(
    scheme=st.sampled_from(["http", "HTTPS", "ftp"]),
    host=st.one_of(
        st.from_regex(r"[a-zA-Z0-9.-]{1,20}", fullmatch=True),
        st.ip_addresses(v=4).map(str),
        st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
        st.text(alphabet="abüß漢.-[]@:%", min_size=1, max_size=10),
    ),
    port=st.one_of(st.just(""), st.integers(0, 70_000).map(lambda number: f":{number}")),
    segments=st.lists(_SEGMENT, max_size=6),
)
def test_canonical_is_canonical(scheme: str, host: str, port: str, segments: list[str]) -> None:
    """The law: what `parse` returns, `parse` leaves alone; it is ASCII, and its parts make it up."""
    written = f"{scheme}://{host}{port}/" + "/".join(segments)
    try:
        target = urls.parse(written)
    except urls.UnusableUrlError:
        return
    assert urls.parse(target.url) == target
    assert target.url.isascii()
    assert target.url == target.origin + target.path
    assert target.path.startswith("/")
    assert "/../" not in target.path.partition("?")[0]
    assert not set(target.url) & set(' \r\n\t\0"<>\\^`{|}')


@given(st.text())
def test_no_text_is_worse_than_unusable(text: str) -> None:
    """Whatever a page writes: a URL or None, never another error."""
    canonical = urls.canonical(text)
    assert canonical is None or urls.canonical(canonical) == canonical


@pytest.mark.parametrize(
    ("reference", "absolute"),
    [
        pytest.param("../z", "http://a.example/z", id="relative"),
        pytest.param("?q=1", "http://a.example/x/y?q=1", id="a query alone"),
        pytest.param("#top", "http://a.example/x/y", id="a fragment alone"),
        pytest.param("//b.example/", "http://b.example/", id="another host"),
        pytest.param("a b.html", "http://a.example/x/a%20b.html", id="a space inside"),
        pytest.param(" \n/a\n/b\t ", "http://a.example/a/b", id="line breaks inside, white space around"),
        pytest.param("mailto:a@b.example", "mailto:a@b.example", id="no reference to a page"),
    ],
)
def test_a_reference_is_read_as_a_browser_reads_it(reference: str, absolute: str) -> None:
    assert urls.join("http://a.example/x/y", reference) == absolute


@pytest.mark.parametrize(
    ("host", "site"),
    [
        pytest.param("docs.python.org", "python.org", id="the registrable domain"),
        pytest.param("a.b.example.co.uk", "example.co.uk", id="a public suffix of two labels"),
        pytest.param("someone.github.io", "someone.github.io", id="a private suffix: its users are many"),
        pytest.param("co.uk", "co.uk", id="a public suffix alone"),
        pytest.param("localhost", "localhost", id="a single label"),
        pytest.param("127.0.0.1", "127.0.0.1", id="an IPv4 address"),
        pytest.param("2001:db8::1", "2001:db8::1", id="an IPv6 address"),
    ],
)
def test_a_host_belongs_to_one_site(host: str, site: str) -> None:
    assert urls.site_of(host) == site


def test_an_origin_names_its_port_unless_it_is_the_schemes_own() -> None:
    """RFC 9309 §2.3: robots.txt lies at the root of scheme, host and port."""
    assert (
        urls.robots_url(urls.parse("http://example.org:8080/a").origin)
        == "http://example.org:8080/robots.txt"
    )
    assert urls.robots_url(urls.parse("https://example.org:443/a").origin) == "https://example.org/robots.txt"
