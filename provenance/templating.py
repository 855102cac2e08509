"""Pages from templates: everything printed is escaped, and what is invisible is spelt out before."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from provenance.rendering import visible

__all__ = ["Environment", "plain_templates_of", "templates_of"]


def templates_of(package: str) -> Environment:
    """Return the templates in a package's ``templates`` folder."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def plain_templates_of(package: str) -> Environment:
    """Return the templates of plain texts, which no browser reads as HTML: nothing is escaped."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=False,  # noqa: S701  # see above
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _finalize(value: Any) -> Any:
    """Spell out control and direction characters in whatever is printed, before it is escaped."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
