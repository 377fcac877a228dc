"""Decisions, overrides and settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("proposal", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("location", sa.String, nullable=False),
        sa.Column("from_location", sa.String),
        sa.Column("sku", sa.String, nullable=False),
        sa.Column("units_proposed", sa.Integer, nullable=False),
        sa.Column("units_decided", sa.Integer, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("forecast", sa.String),
        sa.Column("frozen", sa.JSON, nullable=False),
        sa.Column("replaces", sa.Integer, sa.ForeignKey("decisions.id"), unique=True),
    )
    nothing_before = sa.text("replaces IS NULL")
    op.create_index(
        "decisions_first",
        "decisions",
        ["proposal"],
        unique=True,
        sqlite_where=nothing_before,
        postgresql_where=nothing_before,
    )
    op.create_index("ix_decisions_proposal", "decisions", ["proposal"])
    op.create_table(
        "overrides",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("sku", sa.String, nullable=False),
        sa.Column("region", sa.String),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("units_per_day", sa.Double, nullable=False),
        sa.Column("statistical_units_per_day", sa.Double, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("withdrawn_at", TIME),
        sa.Column("withdrawn_by", sa.String),
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
    )
    op.create_index("ix_settings_name", "settings", ["name"])
