"""People by an id of their own, what they did with actions, and what they saw when they last looked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "people",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("issuer", sa.String),
        sa.Column("subject", sa.String),
        sa.Column("made_at", TIME, nullable=False),
        sa.UniqueConstraint("issuer", "subject"),
    )
    op.create_index("ix_people_name", "people", ["name"])
    op.create_table(
        "action_marks",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("mark", sa.String, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
    )
    op.create_index("ix_action_marks_person_id", "action_marks", ["person_id"])
    op.create_table(
        "looks",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("person_id", sa.String, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("actions", sa.JSON, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.UniqueConstraint("person_id", "as_of"),
    )
