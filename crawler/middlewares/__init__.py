"""Scrapy middlewares of ours."""

from __future__ import annotations

from crawler.middlewares.permission import PermissionMiddleware

__all__ = ["PermissionMiddleware"]
