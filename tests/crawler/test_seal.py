"""The seal (A5, V12, DA-5.3.1-3): what permission, identity and pace rest on has no switch."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from raw_server import RawServer
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.settings import Settings
from sending import JOB

from crawler import addon
from crawler import settings as ours
from crawler.addon import SealBroken
from crawler.download_handler import WireDownloadHandler
from crawler.errors import CrawlerError
from crawler.run import effective_settings

ROOT = Path(__file__).parents[2]
SEALED = sorted(ours.REQUIRED)


def changed(name: str) -> Any:
    """Return a value that a setting must not have."""
    value = getattr(ours, name)
    if isinstance(value, bool):
        return not value
    return {**value, "evil.Component": 1} if isinstance(value, dict) else "evil.Component"


def spider(custom: dict[str, Any] | None = None) -> type[Spider]:
    """Return a spider class that brings settings along."""
    return type("Evil", (Spider,), {"name": "evil", "custom_settings": custom})


def start(spider_class: type[Spider], settings: Settings) -> Crawler:
    """Let Scrapy merge the settings and load the add-ons, as it does before anything else."""
    crawler = Crawler(spider_class, settings)
    crawler._apply_settings()
    return crawler


def test_our_own_settings_pass(reactor_loop: asyncio.AbstractEventLoop) -> None:
    addon.check(start(spider(), effective_settings()).settings)


@pytest.mark.parametrize("name", SEALED)
def test_no_spider_brings_another_setting(name: str, reactor_loop: object) -> None:
    """custom_settings outrank an add-on; the message names setting, source and remedy."""
    spider_class = spider({name: changed(name)})
    with pytest.raises(SealBroken, match=rf"{name} is .* \(set by: spider\); it must be ") as raised:
        addon.check(start(spider_class, effective_settings()).settings)
    assert isinstance(raised.value, CrawlerError)
    assert "[[permission]]" in str(raised.value)


@pytest.mark.parametrize("priority", ["project", "cmdline"])
@pytest.mark.parametrize("name", SEALED)
def test_no_command_line_and_no_project_does(name: str, priority: str, reactor_loop: object) -> None:
    settings = effective_settings()
    settings.set(name, changed(name), priority=priority)
    with pytest.raises(SealBroken, match=rf"{name} is .* \(set by: {priority}\)"):
        addon.check(start(spider(), settings).settings)


def test_all_differences_are_told_at_once() -> None:
    with pytest.raises(SealBroken) as raised:
        start(spider({"RETRY_ENABLED": True, "COOKIES_ENABLED": True}), effective_settings())
    assert str(raised.value).count("it must be") == 2


def test_a_spider_that_says_not_to_obey_is_refused() -> None:
    """V12, the first line of many a spider."""
    with pytest.raises(SealBroken, match="ROBOTSTXT_OBEY is False"):
        start(spider({"ROBOTSTXT_OBEY": False}), effective_settings())


class Later:
    """An add-on that loads behind the seal and outranks everything."""

    def update_settings(self, settings: Settings) -> None:
        """Bring cookies back."""
        settings.set("COOKIES_ENABLED", True, priority="cmdline")


@pytest.mark.parametrize(
    "addons",
    [
        pytest.param({}, id="the seal taken out"),
        pytest.param({"crawler.addon.Seal": None}, id="the seal switched off"),
        pytest.param({"crawler.addon.Seal": 0, Later: 1}, id="another add-on behind it"),
        pytest.param({Later: 0, "crawler.addon.Seal": 1}, id="another add-on before it"),
    ],
)
def test_the_seal_cannot_be_taken_off(
    addons: dict[Any, Any], reactor_loop: asyncio.AbstractEventLoop
) -> None:
    """The door itself looks at the settings as they ended up: frozen, with every add-on's say."""
    with pytest.raises(SealBroken):
        WireDownloadHandler.from_crawler(start(spider({"ADDONS": addons}), effective_settings()))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("USER_AGENT", "Mozilla/5.0", id="USER_AGENT: our handler writes its own"),
        pytest.param("DOWNLOAD_DELAY", 60, id="DOWNLOAD_DELAY: it could only be slower"),
        pytest.param("LOG_LEVEL", "DEBUG", id="LOG_LEVEL"),
    ],
)
def test_what_nothing_rests_on_may_change(name: str, value: object, reactor_loop: object) -> None:
    settings = effective_settings()
    settings.set(name, value, priority="cmdline")
    addon.check(start(spider(), settings).settings)


def test_the_digest_of_settings_is_over_their_values() -> None:
    """The run's record says under which settings it ran."""
    settings = effective_settings()
    assert addon.digest(settings) == addon.digest(effective_settings())
    settings.set("DOWNLOAD_TIMEOUT", 61, priority="cmdline")
    assert addon.digest(settings) != addon.digest(effective_settings())


# ---------------------------------------------------------------------- as a spider author would try it

SUBCLASS = """
from crawler.spiders.site import SiteSpider

class Evil(SiteSpider):
    name = "evil"
    custom_settings = {"ROBOTSTXT_OBEY": False}
"""
MODULE = "from crawler.settings import *\nRETRY_ENABLED = True\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        pytest.param(
            ["crawl", "site", "-s", "ROBOTSTXT_OBEY=False"],
            {},
            "ROBOTSTXT_OBEY is 'False' (set by: cmdline)",
            id="-s",
        ),
        pytest.param(["crawl", "site", "-s", "ADDONS={}"], {}, "(set by: cmdline)", id="-s ADDONS"),
        pytest.param(
            ["crawl", "site"],
            {"SCRAPY_SETTINGS_MODULE": "evil"},
            "RETRY_ENABLED is True",
            id="the environment",
        ),
        pytest.param(
            ["runspider", "evil_spider.py"], {}, "ROBOTSTXT_OBEY is False (set by: spider)", id="a subclass"
        ),
    ],
)
def test_a_changed_crawl_ends_before_its_first_request(
    tmp_path: Path,
    serve: Callable[..., RawServer],
    *,
    arguments: list[str],
    environment: dict[str, str],
    told: str,
) -> None:
    """Scrapy's own command says what is wrong, fails, and the server hears nothing."""
    server = serve((b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",))
    (tmp_path / "job.toml").write_text(JOB.replace("http://127.0.0.1/", server.url()))
    (tmp_path / "scrapy.cfg").write_text((ROOT / "scrapy.cfg").read_text())
    (tmp_path / "evil.py").write_text(MODULE)
    (tmp_path / "evil_spider.py").write_text(SUBCLASS)
    ended = subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments, "-a", "job=job.toml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode != 0
    assert told in ended.stderr
    assert server.connections == 0
