"""Segments in an S3 bucket.

`location` reads the URL, `client` is the only door to the SDK and puts its errors into words, `parts` sends large
objects, `removal` takes objects away for good, and `store` is the store itself.
"""

from crawler.archive.s3.store import S3Store

__all__ = ["S3Store"]
