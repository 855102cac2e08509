"""Hold a segment against warcat's reading of the WARC standard: ``warcat_verify.py SEGMENT``; exit 1 on a problem.

Three habits of warcat 2.2.5 are set aside, and nothing else: it decodes digests in base32 and base64 alone, ours are
hexadecimal as most are; it wants the record that WARC-Concurrent-To names to come before, a request lies in front of
its response; and it looks for a revisit's payload in the revisit itself, which WARC 1.1 §6.7.2 leaves out.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from warcat import tool, verify

_base32 = verify.parse_digest_field


def _digest(field: str) -> tuple[str, bytes]:
    algorithm, _, digits = field.partition(":")
    return (algorithm, bytes.fromhex(digits)) if len(digits) == 64 else _base32(field)


class Verify(tool.VerifyTool):  # type: ignore[misc]  # warcat has no annotations
    """The validator without the three habits."""

    def verify_payload_digest(self, record: Any) -> None:
        """See the module; a revisit's is that of the record it refers to."""
        if record.warc_type != "revisit":
            super().verify_payload_digest(record)

    def verify_concurrent_to(self, record: Any) -> None:
        """See the module; whom it names is checked by our own verification."""
        if record.warc_type in {"warcinfo", "conversion", "continuation"}:
            super().verify_concurrent_to(record)


def main(segment: str) -> int:
    """Return the exit code."""
    logging.basicConfig(stream=sys.stdout)
    verify.parse_digest_field = _digest
    checking = Verify([segment], preserve_block=False)  # as its own command does
    checking.process()
    sys.stdout.write(f"{checking.num_records} records, {checking.problems} problems\n")
    return 1 if checking.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
