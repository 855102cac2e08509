"""Scrapy settings, each with its reason.  `crawler.addon` compares the final ones with these and refuses to differ.

Nothing here is a switch for compliance: permission, pace and identity are enforced by our own frontier and download
handler, and the stock components that would do the same in a weaker way are taken out.
"""

from __future__ import annotations

BOT_NAME = "aboveboard"
SPIDER_MODULES = ["crawler.spiders"]
ADDONS = {"crawler.addon.Seal": 0}  # compares what the crawl ends up with to `REQUIRED`

# --- ours instead of theirs
SCHEDULER = "crawler.frontier.frontier.Frontier"  # pace, permission and limits decide what leaves when
DOWNLOAD_HANDLERS_BASE = {
    "http": "crawler.download_handler.WireDownloadHandler",  # sends only what carries a pass; keeps the raw bytes
    "https": "crawler.download_handler.WireDownloadHandler",
}
DOWNLOAD_HANDLERS: dict[str, str] = {}
DOWNLOADER_MIDDLEWARES_BASE: dict[
    str, int
] = {}  # no stock retry, redirect, cookies, cache, robots, throttle, proxy
DOWNLOADER_MIDDLEWARES = {"crawler.middlewares.PermissionMiddleware": 100}
SPIDER_MIDDLEWARES_BASE: dict[
    str, int
] = {}  # every status reaches the spider; no Referer; scope is the itinerary's
SPIDER_MIDDLEWARES: dict[str, int] = {}
ITEM_PIPELINES_BASE: dict[str, int] = {}
ITEM_PIPELINES = {"crawler.pipelines.RightsPipeline": 100, "crawler.pipelines.ArchivePipeline": 200}
EXTENSIONS_BASE: dict[str, int] = {}  # no telnet, no remote control (both execute what they are sent)
EXTENSIONS: dict[str, int] = {}
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

DOWNLOADER = "scrapy.core.downloader.Downloader"  # theirs, unchanged: what it is given already has its pass
ITEM_PROCESSOR = "scrapy.pipelines.ItemPipelineManager"  # theirs: what was fetched goes into the archive

# --- a second belt: were any stock component back in place, it would still be told this
ROBOTSTXT_OBEY = (
    True  # by `crawler.permission.gate`, for the stock middleware leaks; nobody may say otherwise
)
COOKIES_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
RETRY_ENABLED = False
REFERER_ENABLED = False
HTTPCACHE_ENABLED = False
AUTOTHROTTLE_ENABLED = False
COMPRESSION_ENABLED = False  # content codings are undone, within bounds, after the archive has the bytes
DOWNLOAD_DELAY = 0  # gaps are the frontier's: they count from the end of an answer
DOWNLOAD_DELAY_JITTER = 0
DOWNLOAD_MAXSIZE = 0  # the handler cuts and marks; Scrapy would throw the page away
DOWNLOAD_TIMEOUT = 60
CONCURRENT_REQUESTS = 64  # the lanes limit what is in flight, to one a host unless its owner says otherwise
CONCURRENT_REQUESTS_PER_DOMAIN = 64
CONCURRENT_ITEMS = 4  # the default starts a hundred tasks for every response

# --- the rest
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 64 * 1024 * 1024  # the process-wide byte budget is the one that counts
LOG_LEVEL = "WARNING"
LOG_FORMATTER = "scrapy.logformatter.LogFormatter"
STATS_DUMP = False

# What no spider, command line or environment may change: the seal refuses to run on a difference.
REQUIRED = (
    "ADDONS",
    "DOWNLOADER",
    "SCHEDULER",
    "DOWNLOAD_HANDLERS_BASE",
    "DOWNLOAD_HANDLERS",
    "DOWNLOADER_MIDDLEWARES_BASE",
    "DOWNLOADER_MIDDLEWARES",
    "SPIDER_MIDDLEWARES_BASE",
    "SPIDER_MIDDLEWARES",
    "ITEM_PROCESSOR",
    "ITEM_PIPELINES_BASE",
    "ITEM_PIPELINES",
    "EXTENSIONS_BASE",
    "EXTENSIONS",
    "TELNETCONSOLE_ENABLED",
    "REMOTE_CONTROL_ENABLED",
    "ROBOTSTXT_OBEY",
    "COOKIES_ENABLED",
    "REDIRECT_ENABLED",
    "METAREFRESH_ENABLED",
    "RETRY_ENABLED",
    "REFERER_ENABLED",
    "HTTPCACHE_ENABLED",
    "AUTOTHROTTLE_ENABLED",
    "COMPRESSION_ENABLED",
)
