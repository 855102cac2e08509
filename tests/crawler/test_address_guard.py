"""The address guard (N2, CM-8.1-d): no crawl reaches a machine that is not on the public internet."""

from __future__ import annotations

import asyncio
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.permission.address import (
    CACHE_SECONDS,
    Address,
    ForbiddenAddressError,
    Resolver,
    UnresolvedError,
    forbidden,
    pacing_key,
)

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1:248:1893:25c8:1946"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        pytest.param("127.0.0.1", "loopback", id="loopback"),
        pytest.param("127.255.255.254", "loopback", id="all of it"),
        pytest.param("0.0.0.0", "unspecified", id="this host"),
        pytest.param("0.1.2.3", "private", id="this network"),
        pytest.param("10.0.0.1", "private", id="10/8"),
        pytest.param("172.16.0.1", "private", id="172.16/12"),
        pytest.param("172.31.255.255", "private", id="its end"),
        pytest.param("192.168.1.1", "private", id="192.168/16"),
        pytest.param("100.64.0.1", "shared", id="carrier-grade NAT"),
        pytest.param("100.100.100.200", "shared", id="a cloud's metadata"),
        pytest.param("169.254.169.254", "link-local", id="most clouds' metadata"),
        pytest.param("192.0.0.1", "private", id="protocol assignments"),
        pytest.param("192.0.2.1", "private", id="documentation"),
        pytest.param("192.88.99.1", "shared", id="6to4 relays"),
        pytest.param("198.18.0.1", "private", id="benchmarks"),
        pytest.param("224.0.0.1", "multicast", id="multicast"),
        pytest.param("240.0.0.1", "private", id="reserved"),
        pytest.param("255.255.255.255", "private", id="broadcast"),
        pytest.param("::1", "loopback", id="IPv6 loopback"),
        pytest.param("::", "unspecified", id="IPv6 unspecified"),
        pytest.param("fe80::1", "link-local", id="IPv6 link-local"),
        pytest.param("fc00::1", "private", id="unique local"),
        pytest.param("fd00:ec2::254", "private", id="a cloud's metadata over IPv6"),
        pytest.param("ff02::1", "multicast", id="IPv6 multicast"),
        pytest.param("2001:db8::1", "private", id="IPv6 documentation"),
        pytest.param("100::1", "private", id="IPv6 discard"),
        pytest.param("::ffff:127.0.0.1", "loopback", id="IPv4-mapped"),
        pytest.param("::ffff:10.0.0.1", "private", id="IPv4-mapped private"),
        pytest.param("::127.0.0.1", "loopback", id="IPv4-compatible"),
        pytest.param("64:ff9b::7f00:1", "loopback", id="NAT64"),
        pytest.param("64:ff9b::a9fe:a9fe", "link-local", id="metadata through NAT64"),
        pytest.param("2002:7f00:1::", "loopback", id="6to4"),
        pytest.param("2002:c0a8:101::1", "private", id="6to4 private"),
        pytest.param("2001:0:7f00:1::", "private", id="Teredo"),
    ],
)
def test_no_crawl_reaches(address: str, why: str) -> None:
    assert forbidden(ipaddress.ip_address(address)) is not None
    assert forbidden(ipaddress.ip_address(address)) in {why, "reserved", "private"}


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(PUBLIC, id="IPv4"),
        pytest.param(PUBLIC_6, id="IPv6"),
        pytest.param("172.32.0.1", id="right behind 172.16/12"),
        pytest.param("100.63.255.255", id="right before carrier-grade NAT"),
        pytest.param("64:ff9b::5db8:d822", id="a public address through NAT64"),
    ],
)
def test_the_public_internet_is_open(address: str) -> None:
    assert forbidden(ipaddress.ip_address(address)) is None


ADDRESSES = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.ip_addresses(v=4).map(lambda address: ipaddress.IPv6Address(f"::ffff:{address}")),
    st.ip_addresses(v=4).map(
        lambda address: ipaddress.IPv6Address(int(ipaddress.ip_address("64:ff9b::")) + int(address))
    ),
)


@given(st.ip_addresses(v=4))
def test_an_embedded_address_is_no_way_around(address: ipaddress.IPv4Address) -> None:
    """IPv4-mapped, IPv4-compatible, NAT64, 6to4: what the address inside may not, the one around may not."""
    if forbidden(address) is None:
        return
    number = int(address)
    for around in (0xFFFF << 32, int(ipaddress.ip_address("64:ff9b::"))):
        assert forbidden(ipaddress.IPv6Address(around + number)) is not None
    assert forbidden(ipaddress.IPv6Address((0x2002 << 112) + (number << 80))) is not None


@given(st.lists(ADDRESSES, min_size=1, max_size=5))
def test_no_forbidden_address_is_ever_returned(addresses: list[Address]) -> None:
    """All of a name's addresses must pass: one that mixes public and private ones is a trap."""
    try:
        chosen = Resolver.check("example.org", tuple(addresses), private_addresses=False)
    except ForbiddenAddressError:
        assert any(forbidden(address) for address in addresses)
    else:
        assert chosen in addresses
        assert not any(forbidden(address) for address in addresses)


def test_ipv4_is_dialled_before_ipv6() -> None:
    both = (ipaddress.ip_address(PUBLIC_6), ipaddress.ip_address(PUBLIC))
    assert str(Resolver.check("example.org", both, private_addresses=False)) == PUBLIC


def test_a_refusal_names_host_address_and_reason() -> None:
    mixed = (ipaddress.ip_address(PUBLIC), ipaddress.ip_address("10.0.0.1"))
    with pytest.raises(ForbiddenAddressError, match=r"example\.org leads to 10\.0\.0\.1, a private address"):
        Resolver.check("example.org", mixed, private_addresses=False)


def test_an_owners_permission_opens_private_addresses() -> None:
    address = (ipaddress.ip_address("127.0.0.1"),)
    assert Resolver.check("localhost", address, private_addresses=True) == address[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_literal_and_a_name_pass_the_same_guard(host: str) -> None:
    """Decision 8."""
    with pytest.raises(ForbiddenAddressError):
        asyncio.run(Resolver(lambda: 0.0).checked(host, private_addresses=False))


class Names:
    """A name server in the system's place, whose answers change."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def look_up(self, host: str) -> tuple[Address, ...]:
        """Return the next answer; the last one again and again."""
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not answer:
            raise OSError("Name or service not known")
        return tuple(map(ipaddress.ip_address, answer))


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


def test_an_answer_holds_five_minutes(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    """N1, V11: a name that turns private is refused as soon as it is looked up again; what was checked is dialled."""
    names = Names((PUBLIC,), ("127.0.0.1",))
    monkeypatch.setattr("crawler.permission.address._system_lookup", names.look_up)
    resolver = Resolver(lambda: clock[0])
    for moment in (0.0, CACHE_SECONDS - 1):
        clock[0] = moment
        assert str(asyncio.run(resolver.checked("example.org", private_addresses=False))) == PUBLIC
    assert names.asked == 1
    clock[0] = CACHE_SECONDS
    assert resolver.cached("example.org") is None
    with pytest.raises(ForbiddenAddressError):
        asyncio.run(resolver.checked("example.org", private_addresses=False))


def test_no_answer_holds_a_minute(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    names = Names((), (PUBLIC,))
    monkeypatch.setattr("crawler.permission.address._system_lookup", names.look_up)
    resolver = Resolver(lambda: clock[0])
    for moment in (0.0, 59.0):
        clock[0] = moment
        with pytest.raises(UnresolvedError, match=r"example\.org: Name or service not known"):
            asyncio.run(resolver.resolve("example.org"))
    assert names.asked == 1
    clock[0] = 61.0
    assert asyncio.run(resolver.resolve("example.org")) == (ipaddress.ip_address(PUBLIC),)


def test_a_name_that_is_none_has_no_address() -> None:
    with pytest.raises(UnresolvedError):
        asyncio.run(Resolver(lambda: 0.0).resolve("a" * 64))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("192.0.2.1", "192.0.2.2", False, id="IPv4: each address"),
        pytest.param("2001:db8::1", "2001:db8::ffff:1", True, id="IPv6: one /64"),
        pytest.param("2001:db8::1", "2001:db8:0:1::1", False, id="IPv6: two of them"),
    ],
)
def test_one_machines_addresses_share_a_lane(one: str, other: str, *, same: bool) -> None:
    assert (pacing_key(ipaddress.ip_address(one)) == pacing_key(ipaddress.ip_address(other))) is same
