"""SipHash against its authors' vectors and against Python's own."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from stillwatch.sketch.siphash import sip_bytes, sip_word, sip_words

KEY = np.frombuffer(bytes(range(16)), np.uint64)
# vectors_sip64 of the reference implementation (veorq/SipHash), as numbers: input bytes 0, 1, 2, …
VECTORS = {0: 0x726FDB47DD0E0E31, 1: 0x74F839C593DC67FD, 8: 0x93F5F5799A932462, 15: 0xA129CA6149BE45E5}


@pytest.mark.parametrize(("length", "expected"), VECTORS.items())
def test_siphash_2_4_gives_the_published_vectors(length: int, expected: int) -> None:
    data = np.arange(length, dtype=np.uint8)
    assert int(sip_bytes(KEY, data, 0, length)) == expected


def test_words_and_bytes_agree() -> None:
    data = np.arange(24, dtype=np.uint8)
    assert sip_words(KEY, data.view(np.uint64)) == sip_bytes(KEY, data, 0, 24)


@pytest.mark.skipif(sys.hash_info.algorithm != "siphash13", reason="this Python hashes bytes otherwise")
def test_siphash_1_3_agrees_with_python_under_the_zero_key() -> None:
    command = [sys.executable, "-c", "print(hash(b'stillwat'), hash(b'\\0\\1\\2\\3\\4\\5\\6\\7'))"]
    answer = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, check=True).stdout
    words = [np.frombuffer(text, np.uint64)[0] for text in (b"stillwat", bytes(range(8)))]
    zero = np.zeros(2, np.uint64)
    assert [int(np.uint64(sip_word(zero, word)).view(np.int64)) for word in words] == [int(n) for n in answer.split()]
