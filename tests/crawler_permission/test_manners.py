"""What never leaves, and what is never kept: judged by the servers that a crawl met."""

from __future__ import annotations

from pathlib import Path

import pytest
from many_hosts import PAGE, Hosts, Reply, page, robots, text
from permission_crawl import Crawl, CrawlerProcess, site_of_job
from test_recognition import CLOUDFLARE

OPEN = text("User-agent: *\nDisallow:\n", headers=[("Set-Cookie", "robots=1")])
CHALLENGE = CLOUDFLARE.encode()
LOGIN = Reply(body=b"<title>Log in</title><form><input name=u><input type=password name=p></form>")


@pytest.mark.parametrize(
    ("answer", "rule", "evidence"),
    [
        pytest.param(Reply(body=CHALLENGE), "site.challenge", "_cf_chl_opt", id="200 with a challenge"),
        pytest.param(Reply(status=403, body=CHALLENGE), "site.challenge", "403", id="403 with a challenge"),
        pytest.param(Reply(status=503, body=CHALLENGE), "site.challenge", "503", id="503 with a challenge: not later"),
        pytest.param(Reply(status=403, headers=[("cf-mitigated", "challenge")]), "site.challenge",
                     "cf-mitigated: challenge", id="a header says so"),
        pytest.param(Reply(status=405, headers=[("x-amzn-waf-action", "captcha")]), "site.challenge",
                     "x-amzn-waf-action: captcha", id="AWS WAF"),
        pytest.param(LOGIN, "site.login", "password", id="200 with a page to log in"),
        pytest.param(Reply(status=302, headers=[("Location", "/login?next=/page")]), "site.login", "302 to",
                     id="a redirect to one"),
        pytest.param(Reply(status=401, headers=[("WWW-Authenticate", 'Basic realm="x"')]), "site.http-401",
                     "WWW-Authenticate: Basic", id="401"),
        pytest.param(Reply(status=402, headers=[("crawler-price", "USD 0.01")]), "site.http-402",
                     "crawler-price: USD 0.01", id="402 with a price: nothing is paid"),
        pytest.param(Reply(status=403), "site.http-403", "403", id="403"),
        pytest.param(Reply(status=407), "site.http-407", "407", id="407"),
        pytest.param(Reply(status=451, headers=[("Link", '<https://a.example/>; rel="blocked-by"')]), "site.http-451",
                     "blocked-by", id="451"),
    ],
)  # fmt: skip  # a line an answer
def test_an_answer_that_turns_us_away_is_a_refusal_and_no_document(
    crawl: Crawl, answer: Reply, rule: str, evidence: str
) -> None:
    """Recorded with what it stands on; asked for once; its body is not kept; a site wholly refused ends with 3."""
    with Hosts({"no.org": robots(OPEN, {"/page": answer, "/login?next=/page": LOGIN})}) as hosts:
        crawl.run(hosts, site_of_job(hosts.url("no.org", "/page"), site="no.org"), code=3)
    assert hosts.mostly("no.org") == ["/robots.txt", "/page"]
    [refusal] = crawl.refusals()
    assert (refusal.rule, refusal.url) == (rule, hosts.url("no.org", "/page"))
    assert evidence in refusal.evidence
    assert refusal.reason
    [capture] = [row for row in crawl.captures() if row.url.endswith("/page")]
    assert (capture.kind, capture.length) == ("redirect" if answer.status == 302 else "failure", 0)


def test_nothing_is_kept_of_a_cookie_and_nothing_says_where_we_come_from(crawl: Crawl) -> None:
    """GET only, no cookie, no referrer, no credentials: every request looks like the first."""
    cookie = [("Set-Cookie", "id=1; Path=/"), ("Set-Cookie2", "x=1")]
    start = Reply(body=page("/a", "/b?c=d").body, headers=cookie)
    form = Reply(
        body=b"<p>words<form method=post action=/posted><input name=q value=1></form><a href=/c>c</a>"
    )
    there = {
        "/": start,
        "/a": form,
        "/b?c=d": Reply(status=302, headers=[("Location", "/c"), *cookie]),
        "/c": PAGE,
    }
    with Hosts({"jar.org": robots(OPEN, there)}) as hosts:
        crawl.run(hosts, site_of_job(hosts.url("jar.org"), site="jar.org"))
    assert sorted(hosts.pages("jar.org")) == ["/", "/a", "/b?c=d", "/c"]
    assert {line.method for line in hosts.log} == {"GET"}
    assert {name for line in hosts.log for name in line.headers} == {
        "Host", "User-Agent", "From", "Accept", "Accept-Encoding",
    }  # fmt: skip  # one line, as it goes over the wire


def test_a_proxy_in_the_environment_has_no_effect(tmp_path: Path) -> None:
    """Who asks is who we say we are: our own address, whatever a shell has set."""
    with Hosts({}) as proxy, Hosts({"direct.org": robots(OPEN)}) as hosts:
        proxy.answers["direct.org"] = robots(OPEN)
        there = f"http://127.0.0.1:{proxy.port}"
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        process = CrawlerProcess(tmp_path / "log", **dict.fromkeys(names, there))
        Crawl(tmp_path, process).run(hosts, site_of_job(hosts.url("direct.org"), site="direct.org"))
        process.close()
    assert proxy.log == []
    assert hosts.mostly("direct.org") == ["/robots.txt", "/"]
