"""What can go wrong in the crawler."""


class CrawlerError(Exception):
    """Something in crawler/ could not be done; the message says what to change."""
