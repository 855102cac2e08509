"""Check the certificate of an erasure: python check_certificate.py CERTIFICATE.json [PUBLIC_KEY_IN_HEX]."""

import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    signature = bytes.fromhex(told.pop("signature"))
    signed = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if sys.argv[2:] and told["public_key"] != sys.argv[2]:
        sys.exit("signed with another key than the operator's")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(told["public_key"])).verify(signature, signed)
    except InvalidSignature:
        sys.exit("the signature does not fit: this is not what was signed")
    scope, erased = told["scope"], told["erased"]
    print("valid:", erased["exchanges"], "exchanges of", scope["value"], "erased", told["finished_at"])
