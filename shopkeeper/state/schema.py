"""Tables of the app's own state. Rows are added, never changed; only the withdrawal of an override is written later."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Double, ForeignKey, Index, String, TypeDecorator, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite, which knows no timezone, keeps it bare."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Raise `ValueError` for a time without a timezone: nobody could tell when that was."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no timezone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Aware again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables of the state."""

    type_annotation_map = {datetime: UtcTime, dict[str, Any]: JSON, list[str]: JSON, str: String}  # noqa: RUF012


class DecisionRow(Base):
    """One decision on one proposal, with all that was known; one that changes another names it in `replaces`."""

    __tablename__ = "decisions"
    __table_args__ = (
        # Two people may press at once: the first decision on a proposal is the only one that replaces nothing.
        Index(
            "decisions_first",
            "proposal",
            unique=True,
            sqlite_where=text("replaces IS NULL"),
            postgresql_where=text("replaces IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    made_at: Mapped[datetime]
    author: Mapped[str]
    verdict: Mapped[str]
    reason: Mapped[str]
    proposal: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    location: Mapped[str]
    from_location: Mapped[str | None]
    sku: Mapped[str]
    units_proposed: Mapped[float] = mapped_column(Double)
    units_decided: Mapped[float] = mapped_column(Double)
    as_of: Mapped[date]
    version: Mapped[str]
    forecast: Mapped[str | None]
    frozen: Mapped[dict[str, Any]]
    replaces: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"), unique=True)


class OverrideRow(Base):
    """One manual value of demand; withdrawn ones stay, with who withdrew them and when."""

    __tablename__ = "overrides"

    id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str]
    region: Mapped[str | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    units_per_day: Mapped[float] = mapped_column(Double)
    statistical_units_per_day: Mapped[float] = mapped_column(Double)
    author: Mapped[str]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]


class IdentityLinkRow(Base):
    """One word on two accounts: one person, or not; withdrawn ones stay."""

    __tablename__ = "identity_links"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str]
    other_id: Mapped[str]
    is_link: Mapped[bool]
    author: Mapped[str]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]


class SettingRow(Base):
    """One value of a setting; the newest of its name holds."""

    __tablename__ = "settings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(index=True)
    value: Mapped[dict[str, Any]]
    author: Mapped[str]
    made_at: Mapped[datetime]


class PersonRow(Base):
    """One person. `issuer` and `subject` are those of the sign-in; null while a name that was typed is all there is."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    made_at: Mapped[datetime]


class ActionMarkRow(Base):
    """One word of a person on an action of Today; the newest holds."""

    __tablename__ = "action_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    action: Mapped[str]
    mark: Mapped[str]
    as_of: Mapped[date]
    made_at: Mapped[datetime]


class LookRow(Base):
    """The actions that a person saw when first looking at the data of a day."""

    __tablename__ = "looks"
    __table_args__ = (UniqueConstraint("person_id", "as_of"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    as_of: Mapped[date]
    actions: Mapped[list[str]]
    made_at: Mapped[datetime]


class TargetRow(Base):
    """One value of a target; the newest of its figure and period holds, and a null takes it back."""

    __tablename__ = "targets"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    figure: Mapped[str]
    period: Mapped[str]
    starts_on: Mapped[date]
    value: Mapped[float | None] = mapped_column(Double)
    author: Mapped[str]
    made_at: Mapped[datetime]
