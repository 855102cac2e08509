"""Redirects that lead astray."""

from __future__ import annotations

from hostile_server import page
from misbehaviour import Fate, Misbehaviour, by_name


def redirect(
    name: str,
    does: str,
    location: str,
    *,
    rule: str | None = None,
    refused: str | None = None,
    words: str = "",
    leads_to: tuple[str, ...] = (),
) -> Misbehaviour:
    """Return a row that redirects somewhere."""
    return Misbehaviour(
        name=name,
        does=does,
        answer=page(b"", f"Location: {location}", status="302 Found"),
        fate=Fate.REDIRECT,
        rule=rule,
        refused=refused,
        words=words,
        leads_to=leads_to,
    )


_TEN = [f"/hop/{number}" for number in range(10)]
REDIRECTS = by_name(
    redirect("to-itself", "redirects to itself", "/bad/to-itself"),
    redirect("nowhere", "redirects without saying where to", ""),
    Misbehaviour(
        name="loop",
        does="redirects in a loop of two",
        answer=page(b"", "Location: /loop", status="301 Moved Permanently"),
        fate=Fate.REDIRECT,
        leads_to=("/loop",),
        more={"/loop": page(b"", "Location: /bad/loop", status="308 Permanent Redirect")},
    ),
    Misbehaviour(
        name="ten-hops",
        does="redirects ten times",
        answer=page(b"", "Location: /hop/0", status="302 Found"),
        fate=Fate.REDIRECT,
        refused="/hop/5",
        rule="redirect.limit",
        leads_to=tuple(_TEN[:5]),
        never=tuple(_TEN[5:]),
        more={
            hop: page(b"", f"Location: /hop/{number + 1}", status="302 Found")
            for number, hop in enumerate(_TEN)
        },
    ),
    redirect(
        "with-credentials",
        "redirects to a URL with a password",
        "http://u:p@127.0.0.1/never",
        rule="redirect.unusable",
    ),
    redirect("to-javascript", "redirects to a script", "javascript:alert(1)", rule="redirect.unusable"),
    redirect("to-file", "redirects to a file of ours", "file:///etc/passwd", rule="redirect.unusable"),
    redirect("to-60k", "redirects to a URL of 60 KiB", "/never/" + "x" * 60_000, rule="redirect.unusable"),
    redirect("to-port-0", "redirects to port 0", "http://127.0.0.1:0/", rule="redirect.unusable"),
    redirect("to-port-99999", "redirects to port 99999", "http://127.0.0.1:99999/", rule="redirect.unusable"),
    redirect("to-half-ipv6", "redirects to half an IPv6 address", "http://[::1", rule="redirect.unusable"),
    redirect(
        "to-number", "redirects to an address in disguise", "http://2130706433/", rule="redirect.unusable"
    ),
    redirect(
        "to-metadata",
        "redirects to a cloud's metadata service",
        "http://169.254.169.254/latest/meta-data/",
        refused="http://169.254.169.254/latest/meta-data/",
        rule="scope",
        words="302 from",
    ),
    redirect(
        "to-private",
        "redirects to a machine on the inside",
        "http://10.0.0.1:8080/admin",
        refused="http://10.0.0.1:8080/admin",
        rule="scope",
    ),
    redirect(
        "to-idna",
        "redirects to a name that looks like another",
        "http://ex\u00c3\u00a4mple.example/",
        refused="http://xn--exmple-cua.example/",
        rule="scope",
    ),
    Misbehaviour(
        name="with-crlf",
        does="writes CR and LF into Location, bare and encoded",
        answer=page(b"", "Location: /split/a%0d%0aX-Injected:%201\rX-Also: 1", status="302 Found"),
        fate=Fate.REDIRECT,
        leads_to=("/split/a%0D%0AX-Injected:%201X-Also:%201",),
    ),
)
