"""Decisions on goods that are weighed or measured: units may be parts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Whole numbers stay what they are."""
    with op.batch_alter_table("decisions") as table:
        for name in ("units_proposed", "units_decided"):
            table.alter_column(name, existing_type=sa.Integer, type_=sa.Double, existing_nullable=False)
