"""The two envelopes: personal links, resume codes, encrypted drafts, sealed ballots. No home-made cryptography.

`s`, the link secret, is on the link and known to the association; `c`, the resume code, is known to the firm alone. Both
have 80 bits, written as 16 Crockford base-32 characters.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import secrets
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from questionnaires.conditions import SPECIAL
from questionnaires.instrument import Instrument, Item

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 16
_MISREAD = str.maketrans("OIL", "011")
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_NONCE = 12
_KIBIBYTE = 1024
#: By identity: an instrument is frozen and kept, and to compare two would take longer than to add one up.
_SIZES: dict[int, tuple[Instrument, tuple[int, int]]] = {}


class BadCode(Exception):
    """What was typed is not a code of 16 characters."""


class WrongPassphrase(Exception):
    """The box key cannot be read with this passphrase."""


class Unreadable(Exception):
    """Ciphertext that this key did not make, or that was changed."""


@dataclass(frozen=True, repr=False)
class Secrets:
    """Both secrets of one firm's form, and what follows from them."""

    link: str
    resume: str

    @cached_property
    def draft_id(self) -> str:
        """Return the draft's id, 32 hexadecimal digits."""
        return self._derive("draft id", 16).hex()

    @cached_property
    def ballot_id(self) -> str:
        """Return the ballot's id, 32 hexadecimal digits."""
        return self._derive("ballot", 16).hex()

    @cached_property
    def receipt(self) -> str:
        """Return the receipt code: the same after every retry, and silent about the answers."""
        return _crockford(self._derive("receipt", 10))

    def _derive(self, purpose: str, length: int) -> bytes:
        return derive((self.link + self.resume).encode(), purpose, length)

    def seal_draft(self, content: dict[str, Any], version: int, size: int) -> bytes:
        """Return the draft encrypted, always `size` bytes of content whatever it holds."""
        return encrypt(self._draft_key, _padded(content, size), self._draft_place(version))

    def open_draft(self, blob: bytes, version: int) -> dict[str, Any]:
        """Return what `seal_draft` encrypted; raise Unreadable."""
        return _unpadded(decrypt(self._draft_key, blob, self._draft_place(version)))

    @cached_property
    def _draft_key(self) -> bytes:
        return self._derive("draft key", 32)

    def _draft_place(self, version: int) -> bytes:
        return f"draft:{self.draft_id}:{version}".encode()


def link_secret(link_key: bytes, wave: str, invitation_id: str, issue: int) -> str:
    """Return the secret of an invitation's link: rebuilt whenever a reminder needs it, stored nowhere."""
    message = f"{wave}\0{invitation_id}\0{issue}".encode()
    return _crockford(hmac.digest(link_key, message, "sha256")[:10])


def lookup(lookup_key: bytes, link: str) -> bytes:
    """Return what the database keeps of a link secret, 32 bytes."""
    return hmac.digest(lookup_key, link.encode(), "sha256")


def resume_code() -> str:
    """Return a new resume code."""
    return _crockford(secrets.token_bytes(10))


def parse_code(text: str) -> str:
    """Return the code in what a person typed or pasted, a whole link too; raise BadCode."""
    typed = re.sub(r"[\s‐-―-]", "", text.rsplit("#", 1)[-1]).upper().translate(_MISREAD)
    if len(typed) != _CODE_LENGTH or not set(typed) <= set(_ALPHABET):
        raise BadCode
    return typed


def is_code(text: str) -> bool:
    """Say whether `parse_code` can read what a person typed or pasted."""
    try:
        return bool(parse_code(text))
    except BadCode:
        return False


def format_code(code: str) -> str:
    """Return a code in four groups, as cards and pages show it."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def new_box(passphrase: bytes) -> tuple[bytes, bytes]:
    """Return a new box key: the private key as an encrypted PEM file, and the 32 bytes of the public key."""
    private = X25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )
    return pem, private.public_key().public_bytes_raw()


def read_box_key(pem: bytes, passphrase: bytes) -> X25519PrivateKey:
    """Return the private key in a box key file; raise WrongPassphrase."""
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError) as error:
        raise WrongPassphrase from error
    if not isinstance(key, X25519PrivateKey):
        raise WrongPassphrase
    return key


def seal_ballot(public: bytes, content: dict[str, Any], size: int, info: bytes) -> bytes:
    """Return an answer sealed to the box: `size` bytes of content whatever it holds (RFC 9180, base mode)."""
    return _SUITE.encrypt(_padded(content, size), X25519PublicKey.from_public_bytes(public), info=info)


def open_ballot(private: X25519PrivateKey, sealed: bytes, info: bytes) -> dict[str, Any]:
    """Return what `seal_ballot` sealed; raise Unreadable."""
    try:
        return _unpadded(_SUITE.decrypt(sealed, private, info=info))
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def ballot_info(wave: str, instrument_hash: str) -> bytes:
    """Return what binds a ballot to its wave and its instrument."""
    return f"ballot:{wave}:{instrument_hash}".encode()


def seal_cookie(cookie_key: bytes, content: dict[str, Any]) -> str:
    """Return the content of the respondent's cookie, encrypted."""
    text = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(encrypt(_cookie_key(cookie_key), text, b"cookie")).decode().rstrip("=")


def open_cookie(cookie_key: bytes, text: str) -> dict[str, Any] | None:
    """Return what `seal_cookie` encrypted, or None: a spoilt cookie is no cookie."""
    try:
        blob = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        content = json.loads(decrypt(_cookie_key(cookie_key), blob, b"cookie"))
    except (ValueError, Unreadable):
        return None
    return content if isinstance(content, dict) else None


@cache
def _cookie_key(cookie_key: bytes) -> bytes:
    return derive(cookie_key, "respondent cookie", 32)


def sizes(instrument: Instrument) -> tuple[int, int]:
    """Return the bytes of a draft and of a ballot: the largest possible answer, rounded up to whole kibibytes."""
    if (known := _SIZES.get(id(instrument))) is None:
        known = _SIZES[id(instrument)] = (instrument, _sizes(instrument))
    return known[1]


def _sizes(instrument: Instrument) -> tuple[int, int]:
    answers = sum(_largest(item) for item in instrument.items) + 1024
    pages = sum(len(page.code) + 16 for page in instrument.pages)
    return _rounded(answers + pages), _rounded(answers)


def _largest(item: Item) -> int:
    if item.type == "text":
        longest = 4 * (item.max_length or 0)  # UTF-8; what JSON escapes takes two bytes
    elif item.type == "multi":
        longest = sum(len(code) + 3 for code in item.option_codes) + 2
    else:
        longest = max((len(code) + 2 for code in (*item.option_codes, *SPECIAL)), default=0) + 20
    return len(item.code) + longest + 8


def _rounded(size: int) -> int:
    return -(-size // _KIBIBYTE) * _KIBIBYTE


def _padded(content: dict[str, Any], size: int) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) + 4 > size:
        raise ValueError(f"an answer of {len(text)} bytes does not fit into {size}")
    return len(text).to_bytes(4, "big") + text.ljust(size - 4, b"\0")


def _unpadded(padded: bytes) -> dict[str, Any]:
    length = int.from_bytes(padded[:4], "big")
    content: dict[str, Any] = json.loads(padded[4 : 4 + length])
    return content


def encrypt(key: bytes, text: bytes, place: bytes) -> bytes:
    """Return a text encrypted with AES-GCM, bound to the place it belongs to."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, place)


def decrypt(key: bytes, blob: bytes, place: bytes) -> bytes:
    """Return what `encrypt` encrypted for the same place; raise Unreadable."""
    try:
        return AESGCM(key).decrypt(blob[:_NONCE], blob[_NONCE:], place)
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def derive(secret: bytes, purpose: str, length: int) -> bytes:
    """Return a key for one purpose, derived from a secret (HKDF)."""
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose.encode()).derive(secret)


def _crockford(raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
