"""Teams, discussions, invitations, reports, emoji, pictures, second factors and presence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_IN_ROOMS = {"team_id": "teamId", "parent_id": "prid"}


def upgrade() -> None:
    _rooms_by_team_and_parent()
    op.create_table(
        "teams",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("teams_pk")),
        sa.UniqueConstraint("name_key", name=op.f("teams_name_key_key")),
        sa.UniqueConstraint("room_id", name=op.f("teams_room_id_key")),
    )
    op.create_table(
        "team_members",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("team_members_pk")),
        sa.UniqueConstraint("team_id", "user_id", name=op.f("team_members_team_id_user_id_key")),
    )
    op.create_index(op.f("team_members_user_id_idx"), "team_members", ["user_id"], unique=False)
    op.create_table(
        "invites",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("invites_pk")),
    )
    op.create_index(op.f("invites_room_id_idx"), "invites", ["room_id"], unique=False)
    op.create_index(op.f("invites_user_id_idx"), "invites", ["user_id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("reporter_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("reports_pk")),
    )
    op.create_index(
        op.f("reports_kind_open_created_at_idx"), "reports", ["kind", "open", "created_at"], unique=False
    )
    op.create_index(op.f("reports_message_id_idx"), "reports", ["message_id"], unique=False)
    op.create_index(
        op.f("reports_user_id_created_at_idx"), "reports", ["user_id", "created_at"], unique=False
    )
    op.create_table(
        "custom_emojis",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("custom_emojis_pk")),
    )
    op.create_table(
        "custom_emoji_names",
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("emoji_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name_key", name=op.f("custom_emoji_names_pk")),
    )
    op.create_index(op.f("custom_emoji_names_emoji_id_idx"), "custom_emoji_names", ["emoji_id"], unique=False)
    op.create_table(
        "avatars",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("avatars_pk")),
    )
    op.create_table(
        "two_factor",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("two_factor_pk")),
    )
    op.create_table(
        "one_time_codes",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("one_time_codes_pk")),
    )
    op.create_index(op.f("one_time_codes_expires_at_idx"), "one_time_codes", ["expires_at"], unique=False)
    op.create_index(
        op.f("one_time_codes_user_id_purpose_idx"), "one_time_codes", ["user_id", "purpose"], unique=False
    )
    op.create_table(
        "custom_user_statuses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("custom_user_statuses_pk")),
        sa.UniqueConstraint("name_key", name=op.f("custom_user_statuses_name_key_key")),
    )
    op.create_table(
        "presences",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "user_id", name=op.f("presences_pk")),
    )
    op.create_index(op.f("presences_user_id_idx"), "presences", ["user_id"], unique=False)
    op.create_table(
        "oauth_apps",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("oauth_apps_pk")),
        sa.UniqueConstraint("client_id", name=op.f("oauth_apps_client_id_key")),
    )


def _rooms_by_team_and_parent() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for column, field in _IN_ROOMS.items():
        op.add_column("rooms", sa.Column(column, sa.Text(), nullable=True))
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"rooms_{column}_idx", "rooms", [column], unique=False, sqlite_where=there, postgresql_where=there
        )
        value = f"json_extract(doc, '$.{field}')" if on_sqlite else f"doc::json ->> '{field}'"
        op.execute(f"UPDATE rooms SET {column} = {value}")
