"""Time stamps of an authority (RFC 3161): they show that a seal existed at a moment, whatever its signer says."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response

from stillwatch.custody.check import Checked
from stillwatch.errors import Mistake, RunError, UsageError, reason_of

PATIENCE = 30.0
"""Seconds in which an authority must answer."""

LARGEST = 1_000_000
"""Bytes of an answer; a stamp has some thousands."""


def stamper(url: str) -> Callable[[bytes], bytes]:
    """Asks the authority at `url` for stamps; raises UsageError for another address than http(s)."""
    if not url.startswith(("http://", "https://")):
        raise UsageError([Mistake(f"`--stamp {url}`", "is no address", "write it like `https://host/path`")])

    def ask(message: bytes) -> bytes:
        """The authority's reply for a message; raises RunError where it gives none."""
        query = TimestampRequestBuilder().data(message).build().as_bytes()
        headers = {"Content-Type": "application/timestamp-query"}
        request = urllib.request.Request(url, data=query, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                reply: bytes = answer.read(LARGEST)
            response = decode_timestamp_response(reply)
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise RunError(f"`{url}` gave no stamp ({reason_of(error)}); nothing was sealed") from error
        if response.status != 0:
            raise RunError(f"`{url}` refused to stamp (status {response.status}); nothing was sealed")
        return reply

    return ask


def check_stamp(found: Checked, authority: Path) -> None:
    """Verifies the seal's stamp under an authority's root certificate (PEM).

    Raises UsageError where the certificate cannot be read.
    """
    if found.stamp is None:
        return
    try:
        roots = x509.load_pem_x509_certificates(authority.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            [Mistake(f"`--authority {authority}`", f"cannot be read ({reason_of(error)})", "name a PEM file")]
        ) from error
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        response = decode_timestamp_response(found.stamp)
        builder.build().verify_message(response, found.envelope)
    except (VerificationError, ValueError) as error:
        found.add("time stamp", False, f"{error}")
        return
    found.add("time stamp", True, f"an authority saw the seal at {response.tst_info.gen_time:%Y-%m-%d %H:%M:%S} UTC")
