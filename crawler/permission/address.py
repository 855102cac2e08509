"""The address guard: which machine a name may lead us to, checked after resolution, dialled as checked.

A public name may point at a private machine, today or between two requests.  So the address is resolved once, by us,
checked, and the connection goes to that very address (CM-8.1-d).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from crawler.errors import CrawlerError

CACHE_SECONDS = 300.0  # positive answers; the stub resolver tells no TTL
NEGATIVE_SECONDS = 60.0
CACHE_NAMES = 10_000
RESOLVE_TIMEOUT = 10.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SHARED = (
    ipaddress.ip_network("100.64.0.0/10"),  # carrier-grade NAT (RFC 6598)
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays
)
_METADATA = ipaddress.ip_address("168.63.129.16")  # a cloud's own host, on a public-looking address
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")  # what is assigned to anybody at all
_DOCUMENTATION_6 = ipaddress.IPv6Network("3fff::/20")  # RFC 9637
# What an owner's `private_addresses` opens: their own machines, never a cloud's metadata or a multicast group.
_OWNERS = frozenset({"loopback", "private", "shared"})
_EMBEDDING = (
    ipaddress.IPv6Network("64:ff9b::/96"),  # NAT64: the last 32 bits are an IPv4 address
    ipaddress.IPv6Network("::/96"),
)


class UnresolvedError(CrawlerError):
    """A host name has no address now: an unreachable host, not an absent one."""

    def __init__(self, words: str, *, is_missing: bool = False) -> None:
        super().__init__(words)
        self.is_missing = is_missing  # the name itself does not exist, says the resolver (NXDOMAIN)


class ForbiddenAddressError(CrawlerError):
    """A host name leads to an address that no crawl may reach."""


def forbidden(address: Address) -> str | None:
    """Return why an address may not be requested, or None where it is public.

    >>> forbidden(ipaddress.ip_address("169.254.169.254")), forbidden(ipaddress.ip_address("93.184.216.34"))
    ('link-local', None)
    """
    if isinstance(address, ipaddress.IPv6Address):
        embedded = address.ipv4_mapped or address.sixtofour
        if embedded is None and any(address in network for network in _EMBEDDING):
            embedded = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if embedded is not None and address != ipaddress.IPv6Address("::1"):
            return forbidden(embedded)
    for name, hit in (
        ("loopback", address.is_loopback),
        ("link-local", address.is_link_local),
        ("multicast", address.is_multicast),
        ("unspecified", address.is_unspecified),
        ("shared", any(address in network for network in _SHARED if network.version == address.version)),
        ("private", address.is_private),
        ("metadata", address == _METADATA),
        ("reserved", address.is_reserved or not address.is_global or _is_unassigned(address)),
    ):
        if hit:
            return name
    return None


def _is_unassigned(address: Address) -> bool:
    return address.version == 6 and (address not in _UNICAST_6 or address in _DOCUMENTATION_6)  # noqa: PLR2004  # IPv6


def pacing_key(address: Address) -> str:
    """Return the key that one machine's worth of addresses shares: v4 /32, v6 /64."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), 64), strict=False))
    return str(address)


@dataclass(slots=True)
class _Answer:
    until: float
    addresses: tuple[Address, ...]
    error: str = ""
    is_missing: bool = False


@lru_cache(maxsize=4096)
def _literal(host: str) -> tuple[Address, ...] | None:
    try:
        return (ipaddress.ip_address(host),)
    except ValueError:
        return None


async def _system_lookup(host: str) -> tuple[Address, ...]:
    infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(ipaddress.ip_address(info[4][0]) for info in infos))


class Resolver:
    """Names to addresses, cached for a fixed time, shared by all visits of a process."""

    def __init__(self, clock: Callable[[], float], fixed: Mapping[str, str] | None = None) -> None:
        self._clock = clock
        self._fixed = {host: (ipaddress.ip_address(address),) for host, address in (fixed or {}).items()}
        self._answers: OrderedDict[str, _Answer] = OrderedDict()

    def cached(self, host: str) -> tuple[Address, ...] | None:
        """Return a live cached answer, an IP literal's own address, or None."""
        if host in self._fixed:
            return self._fixed[host]
        answer = self._answers.get(host)
        if answer is not None and answer.until > self._clock() and answer.addresses:
            return answer.addresses
        return _literal(host)

    async def resolve(self, host: str) -> tuple[Address, ...]:
        """Return a host's addresses, at least one.

        Raises:
            UnresolvedError: no address; remembered for a minute.
        """
        if (known := self.cached(host)) is not None:
            return known
        answer = self._answers.get(host)
        if answer is None or answer.until <= self._clock():
            answer = await self._ask(host)
            self._answers[host] = answer
            self._answers.move_to_end(host)
            while len(self._answers) > CACHE_NAMES:
                self._answers.popitem(last=False)
        if not answer.addresses:
            raise UnresolvedError(f"{host}: {answer.error}", is_missing=answer.is_missing)
        return answer.addresses

    async def _ask(self, host: str) -> _Answer:
        try:
            found = await asyncio.wait_for(_system_lookup(host), RESOLVE_TIMEOUT)
        except (OSError, UnicodeError, TimeoutError) as error:
            why = "no answer in time" if isinstance(error, TimeoutError) else str(error)
            missing = isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME
            return _Answer(self._clock() + NEGATIVE_SECONDS, (), why, missing)
        return _Answer(self._clock() + CACHE_SECONDS, found)

    async def checked(self, host: str, *, private_addresses: bool) -> Address:
        """Return the one address that may be dialled for a host.

        Every address the name has must pass: a name that mixes public and private ones is a trap.

        Raises:
            ForbiddenAddressError: an address no crawl may reach, and no owner's permission for it.
            UnresolvedError: no address at all.
        """
        addresses = await self.resolve(host)
        return self.check(host, addresses, private_addresses=private_addresses)

    @staticmethod
    def check(host: str, addresses: tuple[Address, ...], *, private_addresses: bool) -> Address:
        """Return the address to dial among a name's, IPv4 before IPv6 (see `checked`)."""
        for address in addresses:
            why = forbidden(address)
            if why is not None and not (private_addresses and why in _OWNERS):
                raise ForbiddenAddressError(f"{host} leads to {address}, a {why} address")
        return min(addresses, key=lambda address: address.version)
