"""A stamp of a real authority verifies under its own certificate alone, and covers this seal alone."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner

from stillwatch.custody import check, seal, stamp
from stillwatch.custody.seal import Entry, Sealing
from stillwatch.custody.signing import load_signer
from stillwatch.errors import RunError, UsageError
from tests.custody.keys import write_key

SETTINGS = """
[tsa]
default_tsa = own
[own]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ess_cert_id_chain = no
tsa_name = yes
[stamping]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl, which plays the authority, is missing"
)


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)


def certified(folder: Path) -> Path:
    """A root, and under it an authority that stamps; returns the root's certificate."""
    folder.mkdir()
    (folder / "tsa.cnf").write_text(SETTINGS, encoding="utf-8")
    (folder / "serial").write_text("01\n", encoding="ascii")
    new = ("req", "-new", "-newkey", "rsa:2048", "-nodes", "-days", "30")
    openssl(folder, *new, "-x509", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=root")
    openssl(folder, *new[:-2], "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=authority")
    signing = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "30")
    openssl(
        folder,
        "x509",
        "-req",
        "-in",
        "tsa.csr",
        *signing,
        "-out",
        "tsa.pem",
        "-extfile",
        "tsa.cnf",
        "-extensions",
        "stamping",
    )
    return folder / "root.pem"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a running authority, and its root certificate."""
    folder = tmp_path_factory.mktemp("authority") / "own"
    root = certified(folder)

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/broken":
                reply = b"no stamp today"
            else:
                openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
                reply = (folder / "reply").read_bytes()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Authority)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    thread.join()
    server.server_close()


def stamped(url: str, folder: Path, signer: CryptoSigner | None = None) -> bytes:
    how = Sealing(signer or load_signer(write_key(folder)[0]), datetime.now(UTC), None, stamp.stamper(url))
    return seal.seal([("dossier", sha256(b"d").hexdigest())], {}, [Entry({"kind": "x"})], how)[0]


def outcome(whole: bytes, root: Path) -> tuple[str, str]:
    found = check.check(b"d", whole)
    stamp.check_stamp(found, root)
    return next((one.outcome, one.said) for one in found.findings if one.part == "time stamp")


def test_a_stamp_verifies_under_its_authority_alone(authority: tuple[str, Path], tmp_path: Path) -> None:
    url, root = authority
    whole = stamped(url, tmp_path)
    assert outcome(whole, root)[0] == "same"
    assert outcome(whole, certified(tmp_path / "another"))[0] == "differs"
    with pytest.raises(UsageError, match="cannot be read"):
        outcome(whole, tmp_path / "gone.pem")


def test_a_stamp_of_another_seal_does_not_count(authority: tuple[str, Path], tmp_path: Path) -> None:
    url, root = authority
    signer = load_signer(write_key(tmp_path)[0])
    first, second = (stamped(url, tmp_path, signer).split(b"\n") for _ in range(2))
    exchanged = b"\n".join([*first[:2], second[2], *first[3:]])
    assert outcome(b"\n".join(first), root)[0] == "same"
    assert outcome(exchanged, root)[0] == "differs"


def test_an_authority_that_gives_none_is_told(authority: tuple[str, Path], tmp_path: Path) -> None:
    for url in (f"{authority[0]}/broken", "http://127.0.0.1:1/nobody"):
        with pytest.raises(RunError, match="gave no stamp"):
            stamped(url, tmp_path)
    with pytest.raises(UsageError, match="is no address"):
        stamped("file:///etc/passwd", tmp_path)


def test_a_seal_without_a_stamp_says_so(tmp_path: Path) -> None:
    how = Sealing(load_signer(write_key(tmp_path)[0]), datetime.now(UTC))
    whole = seal.seal([("dossier", sha256(b"d").hexdigest())], {}, [Entry({})], how)[0]
    assert outcome(whole, tmp_path / "unread.pem")[0] == "not checked"
