"""What can go wrong in licences/."""

from __future__ import annotations


class LicenceError(Exception):
    """Something in licences/ could not be done; the message says what to change."""


class PolicyError(LicenceError):
    """A policy could not be read; the message names file, key and remedy."""


class RecordError(LicenceError):
    """A stored rights set does not read back; the message names the part that is wrong."""
