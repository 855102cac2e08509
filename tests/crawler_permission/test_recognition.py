"""Challenge and log-in pages are refusals; pages about them, or with a small box of them, are documents."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler import recognition, urls

PROSE = "<p>" + "Lapwings nest on open ground and call at night over the marsh. " * 12 + "</p>"
CLOUDFLARE = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta http-equiv="refresh" content="360"></head><body><div class="main-wrapper" role="main"><noscript>
<span id="challenge-error-text">Enable JavaScript and cookies to continue</span></noscript></div>
<script>(function(){window._cf_chl_opt={cvId:'3',cZone:"example.org"};}());</script></body></html>"""
DATADOME = """<html><head><title>example.org</title></head><body><p id="cmsg">Please enable JS and disable any ad
blocker</p><script>var dd={'host':'geo.captcha-delivery.com'}</script>
<script src="https://ct.captcha-delivery.com/c.js"></script></body></html>"""
AMAZON = """<!DOCTYPE html><html><head><title></title><script>window.awsWafCookieDomainList = [];</script></head>
<body><div id="challenge-container"></div><noscript><h1>JavaScript is disabled</h1>In order to continue, we need to
verify that you're not a robot.</noscript></body></html>"""
INCAPSULA = """<html><head><META NAME="robots" CONTENT="noindex,nofollow"></head><body><iframe id="main-iframe"
src="/_Incapsula_Resource?SWUDNSAI=31">Request unsuccessful. Incapsula incident ID: 0</iframe></body></html>"""
ANUBIS = """<!doctype html><html><head><title>Making sure you&#39;re not a bot!</title>
<script id="anubis_challenge" type="application/json">{"rules":{}}</script></head><body><h1>Making sure you're not a
bot!</h1><p>Loading...</p></body></html>"""
NAMELESS = """<html><head><title>Security check</title></head><body><form method=post action="/verify">
<p>Please complete the CAPTCHA to show that you are not a robot.</p><input name=answer></form></body></html>"""
WIDGET = """<html><head><title>example.org</title><script src="https://hcaptcha.example/1/api.js"></script></head><body>
<p>We have seen unusual traffic from your network.</p><form><div class="h-captcha" data-sitekey="1"></div></form></body>"""


def barrier(html: str) -> recognition.Barrier | None:
    body = html.encode()
    return recognition.by_page(LexborHTMLParser(body), body)


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(CLOUDFLARE, id="Cloudflare"),
        pytest.param(DATADOME, id="DataDome"),
        pytest.param(AMAZON, id="AWS WAF"),
        pytest.param(INCAPSULA, id="Incapsula"),
        pytest.param(ANUBIS, id="Anubis"),
        pytest.param(NAMELESS, id="nobody's in particular: title, words and a form"),
        pytest.param(WIDGET, id="a widget, and words that say why"),
    ],
)
def test_a_challenge_page_is_a_refusal(html: str) -> None:
    """Whatever its status says: only a person may pass."""
    found = barrier(html)
    assert found is not None
    assert found.rule == "site.challenge"
    assert found.evidence


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(f"<title>Just a moment...: how CAPTCHAs work</title><script>x</script>{PROSE * 3}"
                     "<p>The page says: verify you are human, checking your browser", id="an essay about challenges"),
        pytest.param("<title>Notes</title><script>analytics()</script><h1>How to tell</h1>"
                     "<pre>window._cf_chl_opt = {cvId: '3'}</pre>", id="a snippet quotes a marker"),
        pytest.param("<title>Just a moment</title><article><h1>Just a moment</h1><p>A short poem about waiting.</p>"
                     "</article><script>menu()</script>", id="a poem of that title"),
        pytest.param(f"<title>Birds</title>{PROSE}<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>",
                     id="Cloudflare measures browsers on every page"),
        pytest.param("<title>Contact</title><form><textarea name=words></textarea><div class='g-recaptcha'></div>"
                     "<p>Please show that you are not a robot.</p></form><script>x</script>", id="a contact form"),
        pytest.param("<title>App</title><div id=root></div><script src=app.js></script>"
                     "<noscript>JavaScript is required.</noscript>", id="an application's empty shell"),
        pytest.param("<title>Security check lists</title><p>What a security check should cover.</p><script>x</script>"
                     + PROSE * 4, id="a guide to security checks"),
    ],
)  # fmt: skip  # a line a trap
def test_a_page_about_challenges_is_a_document(html: str) -> None:
    """Words alone decide nothing, and neither does a script alone."""
    assert barrier(html) is None


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<title>Log in</title><form action=/login><input name=user><input type=password name=p>"
                     "<button>Log in</button></form><p><a href=/forgot>Forgotten?</a>", id="plain"),
        pytest.param("<title>Anmelden</title><header><nav>Start Bücher Hilfe</nav></header><main><form>"
                     "<input TYPE=PASSWORD></form></main><footer>Impressum</footer>", id="between header and footer"),
        pytest.param("<div><input type=password><button>Go</button></div>", id="no form around it"),
        pytest.param("<title>Sign in to Example</title><form><input type=password></form><p>"
                     + "By signing in you accept our terms. " * 15, id="its title says so, and it has small print"),
    ],
)  # fmt: skip  # a line a page
def test_a_page_to_log_in_is_a_refusal(html: str) -> None:
    """A password field and little else."""
    found = barrier(html)
    assert found is not None
    assert found.rule == "site.login"


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(f"<title>Birds</title><header><form><input type=password></form></header>{PROSE}", id="in the header"),
        pytest.param("<title>Short</title><header><form><input type=password></form></header><p>A short page.",
                     id="in the header of a short page"),
        pytest.param(f"<title>Birds</title><form><input type=password></form>{PROSE}", id="a box beside an article"),
        pytest.param("<title>Login forms</title><p>Write &lt;input type=password>:<pre>&lt;input type='password'></pre>",
                     id="a page shows how to write one"),
        pytest.param("<title>Password rules</title><p>A password has twelve characters.", id="a page about passwords"),
        pytest.param("<title>Forum</title><form><input type=password></form>" + "<a href=/t>topic</a> " * 60,
                     id="a list of sixty links"),
    ],
)  # fmt: skip  # a line a trap
def test_a_page_with_a_log_in_box_is_a_document(html: str) -> None:
    """What counts is what there is besides."""
    assert barrier(html) is None


@pytest.mark.parametrize(
    ("name", "value", "is_challenge"),
    [
        pytest.param("CF-Mitigated", "challenge", True, id="Cloudflare"),
        pytest.param("x-amzn-waf-action", "captcha", True, id="AWS WAF, CAPTCHA"),
        pytest.param("x-amzn-waf-action", "count", False, id="AWS WAF only counts"),
        pytest.param("server", "cloudflare", False, id="a protected site's ordinary page"),
    ],
)
def test_a_header_announces_a_challenge(name: str, value: str, *, is_challenge: bool) -> None:
    assert (recognition.by_head([(name, value)]) is not None) is is_challenge


@pytest.mark.parametrize(
    ("status", "asked", "target", "is_login"),
    [
        pytest.param(302, "/account", "/login", True, id="see the log-in page instead"),
        pytest.param(302, "/a/b", "/users/sign_in?return_to=%2Fa%2Fb", True, id="and come back"),
        pytest.param(
            301, "/a", "/wp-login.php?redirect_to=http%3A%2F%2Fexample.org%2Fa", True, id="WordPress"
        ),
        pytest.param(
            302, "/a", "http://login.example.org/realm/x?next=http://example.org/a", True, id="another host"
        ),
        pytest.param(301, "/docs/signing", "/docs/login", False, id="a page moved for good"),
        pytest.param(302, "/docs/login", "/docs/login/", False, id="a page about logging in gets its slash"),
        pytest.param(302, "/old", "/docs/login/overview", False, id="a page below a folder of that name"),
        pytest.param(302, "/a", "/b?next=/a", False, id="somewhere else"),
        pytest.param(302, "/", "/blog", False, id="nearly the word"),
    ],
)
def test_a_redirect_to_a_log_in_page_is_a_refusal(
    status: int, asked: str, target: str, *, is_login: bool
) -> None:
    there = target if "://" in target else f"http://example.org{target}"
    found = recognition.by_redirect(status, urls.parse(f"http://example.org{asked}"), urls.parse(there))
    assert (found is not None) is is_login
