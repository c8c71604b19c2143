"""The private key of a wave's box: a file outside the database that lives from the wave's opening to the box's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from survey_app.envelopes import WrongPassphrase, new_box, read_box_key
from survey_app.errors import DomainError
from survey_app.keys import write_secret
from survey_app.models.fieldwork import Wave


class KeyFileExists(DomainError):
    """A key file is never replaced."""

    vi = "Đã có tệp {path}: chọn tên khác cho khóa hòm phiếu."
    en = "The file {path} exists: choose another name for the box key."


class NoKey(DomainError):
    """The box still holds ballots, and no key was given or the file cannot be read."""

    vi = "Cần tệp khóa hòm phiếu của đợt {wave}: --key TỆP ({reason})."
    en = "The box key file of the wave {wave} is needed: --key FILE ({reason})."


class WrongKey(DomainError):
    """The key belongs to another box."""

    vi = "Tệp khóa {path} không phải của đợt {wave}."
    en = "The key file {path} does not belong to the wave {wave}."


class NoFirstLine(DomainError):
    """The file lost the line that names its wave, so that it could not be deleted for certain; nothing was changed."""

    vi = "Tệp khóa {path} không còn dòng đầu ghi tên đợt. Dùng đúng tệp mà `flask waves open` đã tạo. Chưa mở gì."
    en = "The key file {path} lost its first line, which names the wave. Use the file as it was written. Nothing was opened."


class BadPassphrase(DomainError):
    """The passphrase does not open the key file."""

    vi = "Mật khẩu không mở được tệp khóa {path}: nhập lại."
    en = "The passphrase does not open the key file {path}: type it again."


class KeyLeft(DomainError):
    """The box is open and counted; the key file could not be deleted."""

    vi = "Hòm phiếu đã mở xong và số đếm khớp, nhưng không xóa được tệp khóa {path} ({reason}): hãy tự hủy tệp này."
    en = "The box is open and the counts agree, but the key file {path} cannot be deleted ({reason}): destroy it yourself."


def make(path: Path, wave: Wave, passphrase: bytes) -> None:
    """Give the wave a public key and write the private one to a new file, protected by the passphrase.

    The file is written last: what fails before leaves none behind. Raises KeyFileExists.
    """
    private, wave.public_key = new_box(passphrase)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        write_secret(path, header(wave) + private)
    except FileExistsError as error:
        raise KeyFileExists(path=path) from error


def header(wave: Wave) -> bytes:
    """Return the first line of the key file: it says which box the key opens, so that no other file is destroyed."""
    return f"Box key of wave {wave.code}, public key {wave.public_key.hex()}\n".encode()


def read(path: Path, wave: str, passphrase: Callable[[], bytes]) -> X25519PrivateKey:
    """Return the private key in a file, once `passphrase` has said how; raise NoKey or BadPassphrase."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoKey(wave=wave, reason=f"{path}: {error.strerror}") from error
    try:
        return read_box_key(content, passphrase())
    except WrongPassphrase as error:
        raise BadPassphrase(path=path) from error


def require_right(private_key: X25519PrivateKey | None, wave: Wave, path: Path) -> X25519PrivateKey:
    """Return the key if it is the wave's and its file can be known again; raise NoKey, WrongKey or NoFirstLine."""
    if private_key is None:
        raise NoKey(wave=wave.code, reason=str(path))
    if private_key.public_key().public_bytes_raw() != wave.public_key:
        raise WrongKey(wave=wave.code, path=path)
    if not path.read_bytes().startswith(header(wave)):
        raise NoFirstLine(path=path)
    return private_key


def destroy(path: Path, first_line: bytes) -> None:
    """Delete a key file if it is there and begins with this line; raise KeyLeft if it cannot be deleted."""
    try:
        if path.is_file() and path.read_bytes().startswith(first_line):
            path.unlink()
    except OSError as error:
        raise KeyLeft(path=path, reason=error.strerror) from error
