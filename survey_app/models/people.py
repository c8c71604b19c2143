"""Staff: accounts, roles, sessions that the server can end, counted sign-in attempts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import Column, DateTime, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.db import Base


class RoleName(StrEnum):
    """What an account may do."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"
    ASSOCIATION = "association"
    ANALYST = "analyst"
    AGENCY = "agency"
    TRIAGE = "triage"
    LEADER = "leader"
    KEYER = "keyer"


user_role = Table(
    "user_role",
    Base.metadata,
    Column("user_id", ForeignKey("user.id"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(RoleMixin, Base):
    """A role that accounts can have."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)


class User(UserMixin, Base):
    """A staff account; an agency account speaks for one agency."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    agency_code: Mapped[str | None] = mapped_column(String(20))

    roles: Mapped[list[Role]] = relationship(secondary=user_role)  # type: ignore[assignment]


class StaffSession(Base):
    """A signed-in browser; deleting the row signs it out."""

    __tablename__ = "staff_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of what the cookie holds
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SignInFailure(Base):
    """How often signing in to an account has failed lately."""

    __tablename__ = "sign_in_failure"

    account: Mapped[str] = mapped_column(String(64), primary_key=True)  # keyed hash of the e-mail typed
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
