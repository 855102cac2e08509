"""The canary: each private name of Scrapy and Twisted that we lean on is there, and is what we take it for.

Fails on an upgrade that moves one of them; `crawler.scrapy_internals` and the two hooks of `crawler.wire` are then
to be read anew against the new release.
"""

from __future__ import annotations

import importlib.metadata
import inspect
from typing import Any

import pytest
from scrapy.core.downloader.handlers import http11
from scrapy.core.engine import ExecutionEngine, _Slot
from scrapy.crawler import Crawler
from scrapy.utils.reactor import CallLaterOnce
from twisted.protocols.basic import LineReceiver
from twisted.web import _newclient, client

from crawler import scrapy_internals
from crawler.wire import WireFactory, WireProtocol, WireRequest


def parameters(function: Any) -> list[str]:
    """Return the names of a function's parameters."""
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        pytest.param(
            _newclient.Request._writeHeaders, ["self", "transport", "TEorCL"], id="our request's hook"
        ),
        pytest.param(_newclient.HTTP11ClientProtocol.request, ["self", "request"], id="our protocol's hook"),
        pytest.param(_newclient.HTTP11ClientProtocol.dataReceived, ["self", "bytes"], id="our other hook"),
        pytest.param(
            http11._LenientHTTP11ClientProtocol.request, ["self", "request"], id="Scrapy's own hook"
        ),
        pytest.param(
            _newclient.TransportProxyProducer.__init__, ["self", "producer"], id="a body's transport"
        ),
        pytest.param(
            client._HTTP11ClientFactory.__init__, ["self", "quiescentCallback", "metadata"], id="the factory"
        ),
        pytest.param(client._HTTP11ClientFactory.buildProtocol, ["self", "addr"], id="its protocol"),
        pytest.param(client.HTTPConnectionPool.getConnection, ["self", "key", "endpoint"], id="the pool"),
        pytest.param(
            _Slot.__init__, ["self", "close_if_idle", "nextcall", "scheduler"], id="the engine's slot"
        ),
        pytest.param(CallLaterOnce.schedule, ["self", "delay"], id="what wakes an engine"),
        pytest.param(ExecutionEngine.close_spider_async, ["self", "reason"], id="closing"),
    ],
)
def test_a_private_function_takes_what_we_give_it(function: object, expected: list[str]) -> None:
    assert parameters(function) == expected


def test_the_private_attributes_are_set_where_we_read_them() -> None:
    """Attributes have no signature; their owners' source has to name them."""
    named = {
        _newclient.HTTP11ClientProtocol: ["self._currentRequest", "self._parser", "self._quiescentCallback"],
        _newclient.TransportProxyProducer: ["self._producer"],
        _newclient.Response: ["self._transport"],
        client.HTTPConnectionPool: ["_factory = _HTTP11ClientFactory", "self._factory("],
        client._HTTP11ClientFactory: ["self._quiescentCallback"],
        ExecutionEngine: ["self._slot", "self.spider"],
        _Slot: ["self.nextcall", "self.closing"],
        Crawler: ["self.engine"],
    }
    missing = [
        f"{owner.__name__}: {name}"
        for owner, names in named.items()
        for name in names
        if name not in inspect.getsource(owner)
    ]
    assert missing == []


def test_one_header_line_may_be_as_long_as_we_let_it() -> None:
    assert issubclass(_newclient.HTTPClientParser, LineReceiver)
    assert LineReceiver.MAX_LENGTH == 16_384


def test_our_classes_are_what_the_pool_expects() -> None:
    assert issubclass(WireProtocol, http11._LenientHTTP11ClientProtocol)
    assert issubclass(WireProtocol, _newclient.HTTP11ClientProtocol)
    assert issubclass(WireRequest, _newclient.Request)
    assert issubclass(WireFactory, client._HTTP11ClientFactory)
    factory: Any = WireFactory
    assert isinstance(factory(lambda _protocol: None, "").buildProtocol(None), WireProtocol)


def test_every_name_we_promise_is_there() -> None:
    assert [name for name in scrapy_internals.__all__ if not hasattr(scrapy_internals, name)] == []


def test_this_was_read_against_scrapy_2_19() -> None:
    """pyproject.toml pins the minor version for this reason."""
    assert importlib.metadata.version("scrapy").startswith("2.19.")
