"""Staff accounts: who has one, what they sign in with, and which browsers are signed in.

Passwords are hashed by Flask-Security, so these functions run inside the application's context.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from flask_security.utils import hash_password, verify_password
from sqlalchemy import ColumnElement, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, selectinload

from survey_app.db import is_sqlite
from survey_app.errors import DomainError
from survey_app.models.people import Role, RoleName, SignInFailure, StaffSession, User
from survey_app.services import plans

PASSWORD_LENGTH = 15
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
FAILURES_ALLOWED = 10
BLOCKED_FOR = timedelta(minutes=15)

_NOTE_EVERY = timedelta(minutes=1)
# The hash of a password that nobody knows: an unknown account takes as long as a known one.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$zrkXwpgzZsw5h5Ay5lyLEQ$PcjTIKCKCUO/0HQwfxRTnISjs4Gd6S2drg7Bqdv7Rw0"


class PasswordTooShort(DomainError):
    """The password has fewer than PASSWORD_LENGTH characters."""

    vi = "Mật khẩu phải có ít nhất {length} ký tự. Một câu dễ nhớ là tốt nhất."
    en = "The password must have at least {length} characters. A sentence that is easy to remember is best."


class AccountExists(DomainError):
    """Another account has this e-mail address."""

    vi = "Đã có tài khoản dùng {email}."
    en = "An account with {email} exists already."


class AccountUnknown(DomainError):
    """No account has this number or e-mail address."""

    vi = "Không có tài khoản này."
    en = "There is no such account."
    status = 404


class AgencyUnknown(DomainError):
    """The agencies in force have no such code."""

    vi = "Không có cơ quan {code}. Mã đang dùng: {known}."
    en = "There is no agency {code}. Codes in use: {known}."


class BadEmail(DomainError):
    """Not an e-mail address."""

    vi = "{email} không phải địa chỉ thư: ghi như lan@example.vn."
    en = "{email} is no e-mail address: write one such as lan@example.vn."


class AgencyNeeded(DomainError):
    """An agency account must say which agency it speaks for, and only such an account does."""

    vi = "Tài khoản của cơ quan phải có mã cơ quan; tài khoản khác thì không."
    en = "An agency account needs the code of its agency; other accounts have none."


class WrongPassword(DomainError):
    """The password in use was not given."""

    vi = "Mật khẩu đang dùng chưa đúng."
    en = "This is not the password in use."


class LastAdministrator(DomainError):
    """Without an active administrator nobody could make accounts."""

    vi = "Đây là quản trị viên duy nhất: lập một quản trị viên khác trước."
    en = "This is the only administrator: make another one first."


@dataclass(frozen=True)
class SeenSession:
    """Whose signed-in browser it is, and whether its last use should be noted anew."""

    user_id: int
    is_stale: bool


def find(session: Session, email: str) -> User | None:
    """Return the account with this e-mail address, active or not."""
    return session.scalar(select(User).where(User.email == _same(email)))


def account(session: Session, user_id: int) -> User:
    """Return the account with this number; raise AccountUnknown."""
    user = session.get(User, user_id)
    if user is None:
        raise AccountUnknown
    return user


def accounts(session: Session) -> list[User]:
    """Return all accounts with their roles, by name."""
    return list(session.scalars(select(User).options(selectinload(User.roles)).order_by(User.name, User.id)))


def create_user(
    session: Session, *, email: str, name: str, role: RoleName, password: str, agency_code: str | None = None
) -> User:
    """Return a new account with one role; raise BadEmail, AccountExists, AgencyNeeded,
    AgencyUnknown or PasswordTooShort.
    """
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email.strip()):
        raise BadEmail(email=email)
    if find(session, email):
        raise AccountExists(email=_same(email))
    if (role is RoleName.AGENCY) != bool(agency_code):
        raise AgencyNeeded
    agency_code = _known_agency(session, agency_code) if agency_code else None
    user = User(
        email=_same(email),
        name=name.strip(),
        password=_hashed(password),
        active=True,
        fs_uniquifier=secrets.token_hex(32),
        agency_code=agency_code,
        roles=[_role(session, role)],
    )
    session.add(user)
    session.flush()
    return user


def _known_agency(session: Session, code: str) -> str:
    """Return the code as the agencies in force write it; before any are in force every code is taken."""
    wanted = code.strip().upper()
    known = plans.agency_codes(session)
    if known and wanted not in known:
        raise AgencyUnknown(code=code, known=", ".join(sorted(known)))
    return wanted


def set_password(session: Session, user: User, password: str) -> None:
    """Give the account another password and sign it out everywhere; raise PasswordTooShort."""
    user.password = _hashed(password)
    user.fs_uniquifier = secrets.token_hex(32)
    sign_out_everywhere(session, user)


def change_password(session: Session, user: User, *, current: str, new: str) -> None:
    """Let people replace their own password; raise WrongPassword or PasswordTooShort."""
    if not password_matches(current, user.password):
        raise WrongPassword
    set_password(session, user, new)


def one_time_password() -> str:
    """Return a random password that can be read aloud: five groups of four digits and letters."""
    letters = "23456789abcdefghjkmnpqrstuvwxyz"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


def deactivate(session: Session, user: User) -> None:
    """Close the account and sign it out everywhere; raise LastAdministrator."""
    if _is_last_administrator(session, user):
        raise LastAdministrator
    user.active = False
    sign_out_everywhere(session, user)


def activate(session: Session, user: User) -> None:
    """Open a closed account again."""
    user.active = True
    session.flush()


def sign_out_everywhere(session: Session, user: User) -> None:
    """End every session of the account."""
    session.execute(delete(StaffSession).where(StaffSession.user_id == user.id))
    session.flush()


def count_attempt(session: Session, email: str, *, pepper: bytes, now: datetime) -> bool:
    """Count one more attempt to sign in, before it is tried, and say whether it may be tried.

    After FAILURES_ALLOWED attempts without success the account waits BLOCKED_FOR from the last one that was let through.
    """
    key = _attempt_key(email, pepper)
    old: ColumnElement[bool] = SignInFailure.since <= now - BLOCKED_FOR
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    counted = session.scalar(
        insert(SignInFailure)
        .values(account=key, count=1, since=now)
        .on_conflict_do_update(
            index_elements=[SignInFailure.account],
            set_={
                "count": case((old, 1), else_=SignInFailure.count + 1),
                "since": case((old | (SignInFailure.count < FAILURES_ALLOWED), now), else_=SignInFailure.since),
            },
        )
        .returning(SignInFailure.count)
    )
    return bool(counted is not None and counted <= FAILURES_ALLOWED)


def forget_attempts(session: Session, email: str, *, pepper: bytes) -> None:
    """Forget the failed attempts of an account that has signed in."""
    session.execute(delete(SignInFailure).where(SignInFailure.account == _attempt_key(email, pepper)))


def password_matches(password: str, password_hash: str | None) -> bool:
    """Say whether the password is the account's; without an account it takes as long and is false."""
    matches = bool(verify_password(password, password_hash or _NOBODY))
    return matches and password_hash is not None


def start_session(session: Session, user_id: int, *, now: datetime) -> str:
    """Return the secret of a newly signed-in browser; sessions that have run out are removed."""
    session.execute(delete(StaffSession).where(~_alive(now)))
    token = secrets.token_urlsafe(32)
    session.add(StaffSession(id=_session_id(token), user_id=user_id, started_at=now, seen_at=now))
    session.flush()
    return token


def resume_session(session: Session, token: str, *, now: datetime) -> SeenSession | None:
    """Return whose session this secret belongs to, or None if it has run out or was ended."""
    row = session.execute(
        select(StaffSession.user_id, StaffSession.seen_at <= now - _NOTE_EVERY).where(
            StaffSession.id == _session_id(token), _alive(now)
        )
    ).one_or_none()
    return SeenSession(row[0], bool(row[1])) if row else None


def note_seen(session: Session, token: str, *, now: datetime) -> None:
    """Note that the session was used now."""
    session.execute(update(StaffSession).where(StaffSession.id == _session_id(token)).values(seen_at=now))


def end_session(session: Session, token: str) -> None:
    """Sign out the browser that holds this secret."""
    session.execute(delete(StaffSession).where(StaffSession.id == _session_id(token)))


def _alive(now: datetime) -> ColumnElement[bool]:
    return (StaffSession.seen_at > now - IDLE) & (StaffSession.started_at > now - LONGEST)


def _role(session: Session, name: RoleName) -> Role:
    role = session.scalar(select(Role).where(Role.name == name.value))
    if role is None:
        role = Role(name=name.value)
        session.add(role)
    return role


def _is_last_administrator(session: Session, user: User) -> bool:
    admins = select(User.id).join(User.roles).where(User.active, Role.name == RoleName.ADMIN.value)
    return session.scalars(admins).all() == [user.id]


def _hashed(password: str) -> str:
    if len(password) < PASSWORD_LENGTH:
        raise PasswordTooShort(length=PASSWORD_LENGTH)
    return str(hash_password(password))


def _same(email: str) -> str:
    return email.strip().lower()


def _session_id(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _attempt_key(email: str, pepper: bytes) -> str:
    return hmac.new(pepper, f"sign-in:{_same(email)}".encode(), sha256).hexdigest()
