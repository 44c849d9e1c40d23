"""The values everything speaks of: users, rooms, subscriptions, messages, integrations.

Field names in Python are ours; ``field(name=…)`` gives the wire's. The encoded form of a value is what is
stored and, for messages and integrations, what REST answers, byte for byte. Values are immutable: a change is
``msgspec.structs.replace(value, …)``. Fields that are ``None`` are absent on the wire. Times are ``IsoTime``.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field, structs

from hookroom.rules.times import IsoTime

RoomType = Literal["c", "p", "d"]
"""Public channel, private group, direct room."""


TeamType = Literal[0, 1]
"""Public, private."""


class Value(Struct, frozen=True, omit_defaults=True):
    """Base of all values."""


class UserRef(Value, frozen=True, kw_only=True):
    """A user as messages and integrations name one."""

    id: str = field(name="_id")
    username: str | None = None
    name: str | None = None


class Email(Value, frozen=True, kw_only=True):
    """An address of a user."""

    address: str
    verified: bool


class User(Value, frozen=True, kw_only=True):
    """A person, bot or app. Secrets (password hash, tokens) are stored elsewhere, never here."""

    id: str = field(name="_id")
    username: str
    name: str
    type: Literal["user", "bot", "app"]
    active: bool
    roles: tuple[str, ...]
    emails: tuple[Email, ...] = ()
    created_at: IsoTime = field(name="createdAt")
    updated_at: IsoTime = field(name="_updatedAt")
    status: str
    status_text: str | None = field(name="statusText", default=None)
    status_default: str | None = field(name="statusDefault", default=None)
    bio: str | None = None
    nickname: str | None = None
    utc_offset: float | None = field(name="utcOffset", default=None)
    language: str | None = None
    avatar_etag: str | None = field(name="avatarETag", default=None)
    avatar_url: str | None = field(name="avatarUrl", default=None)
    custom_fields: dict[str, Any] | None = field(name="customFields", default=None)
    settings: dict[str, Any] | None = None
    require_password_change: bool | None = field(name="requirePasswordChange", default=None)
    last_login: IsoTime | None = field(name="lastLogin", default=None)
    reason: str | None = None

    def ref(self) -> UserRef:
        """This user as messages name one."""
        return UserRef(id=self.id, username=self.username, name=self.name)


class Room(Value, frozen=True, kw_only=True):
    """A public channel, private group or direct room. Counters are kept apart (``RoomActivity``)."""

    id: str = field(name="_id")
    type: RoomType = field(name="t")
    name: str | None = None
    display_name: str | None = field(name="fname", default=None)
    creator: UserRef | None = field(name="u", default=None)
    user_ids: tuple[str, ...] | None = field(name="uids", default=None)
    usernames: tuple[str, ...] | None = None
    topic: str | None = None
    description: str | None = None
    announcement: str | None = None
    read_only: bool = field(name="ro")
    archived: bool | None = None
    default: bool | None = None
    system_messages: bool | list[str] | None = field(name="sysMes", default=None)
    broadcast: bool | None = None
    react_when_read_only: bool | None = field(name="reactWhenReadOnly", default=None)
    join_code: str | None = field(name="joinCode", default=None)
    muted: tuple[str, ...] | None = None
    unmuted: tuple[str, ...] | None = None
    custom_fields: dict[str, Any] | None = field(name="customFields", default=None)
    team_id: str | None = field(name="teamId", default=None)
    team_main: bool | None = field(name="teamMain", default=None)
    team_default: bool | None = field(name="teamDefault", default=None)
    """Whether who joins the team joins this room of it too."""
    parent_id: str | None = field(name="prid", default=None)
    avatar_etag: str | None = field(name="avatarETag", default=None)
    created_at: IsoTime = field(name="ts")
    updated_at: IsoTime = field(name="_updatedAt")


def team_type(main: Room) -> TeamType:
    """The kind of the team that ``main`` is the main room of."""
    return 1 if main.type == "p" else 0


def without_team(room: Room) -> Room:
    """``room`` as one of no team."""
    return structs.replace(room, team_id=None, team_main=None, team_default=None)


class Subscription(Value, frozen=True, kw_only=True):
    """A user's membership of a room, with the roles held there.

    What follows from the room (its name and type, whether it is archived) or the user (their name) is never
    stored here, so that changing one of those is one write however many members there are.
    """

    id: str = field(name="_id")
    room_id: str = field(name="rid")
    user_id: str = field(name="uid")
    roles: tuple[str, ...] = ()
    open: bool
    favorite: bool | None = field(name="f", default=None)
    blocked: bool | None = None
    blocker: bool | None = None
    ignored: tuple[str, ...] | None = None
    last_seen: IsoTime | None = field(name="ls", default=None)
    marked_unread: bool | None = field(name="alert", default=None)
    preferences: dict[str, Any] | None = None
    created_at: IsoTime = field(name="ts")
    updated_at: IsoTime = field(name="_updatedAt")


class Team(Value, frozen=True, kw_only=True):
    """A team: those who are in its main room; further rooms may be of it (``Room.team_id``)."""

    id: str = field(name="_id")
    name: str
    type: TeamType
    created_at: IsoTime = field(name="createdAt")
    created_by: UserRef = field(name="createdBy")
    updated_at: IsoTime = field(name="_updatedAt")
    room_id: str = field(name="roomId")

    @property
    def is_private(self) -> bool:
        """Whether its public channels are for its members alone."""
        return self.type == 1


class TeamMember(Value, frozen=True, kw_only=True):
    """Who added a user to a team. That they are in it is said by their membership of its main room alone."""

    id: str = field(name="_id")
    team_id: str = field(name="teamId")
    user_id: str = field(name="userId")
    created_at: IsoTime = field(name="createdAt")
    created_by: UserRef = field(name="createdBy")
    """Who added them: themselves, where they joined."""


class Invite(Value, frozen=True, kw_only=True):
    """A link that lets people into a channel or group. The id is its secret token."""

    id: str = field(name="_id")
    room_id: str = field(name="rid")
    user_id: str = field(name="userId")
    days: int
    """For how many days it is good; 0 for ever."""
    max_uses: int = field(name="maxUses")
    """How many may come through it; 0 any number."""
    uses: int
    created_at: IsoTime = field(name="createdAt")
    expires: IsoTime | None
    updated_at: IsoTime = field(name="_updatedAt")


class RoomActivity(Value, frozen=True, kw_only=True):
    """What changes in a room with every message."""

    messages: int = 0
    members: int = 0
    last_message_at: int | None = None
    """Epoch milliseconds."""
    last_message_id: str | None = None


class BotMark(Value, frozen=True, kw_only=True):
    """Says that an integration wrote a message."""

    integration_id: str = field(name="i")


class Message(Value, frozen=True, kw_only=True):
    """A message of a room; ``type`` is set on system messages (``uj``, ``ul``, ``r``, …)."""

    id: str = field(name="_id")
    room_id: str = field(name="rid")
    text: str = field(name="msg")
    created_at: IsoTime = field(name="ts")
    user: UserRef = field(name="u")
    updated_at: IsoTime = field(name="_updatedAt")
    type: str | None = field(name="t", default=None)
    alias: str | None = None
    avatar: str | None = None
    emoji: str | None = None
    attachments: list[dict[str, Any]] | None = None
    parse_urls: bool | None = field(name="parseUrls", default=None)
    groupable: bool | None = None
    bot: BotMark | bool | None = None
    thread_id: str | None = field(name="tmid", default=None)
    shown_in_room: bool | None = field(name="tshow", default=None)
    thread_count: int | None = field(name="tcount", default=None)
    thread_last_at: IsoTime | None = field(name="tlm", default=None)
    replies: list[str] | None = None
    discussion_id: str | None = field(name="drid", default=None)
    """The room of the discussion that this message stands for; how many messages it has, and of when."""
    discussion_count: int | None = field(name="dcount", default=None)
    discussion_last_at: IsoTime | None = field(name="dlm", default=None)
    mentions: list[dict[str, Any]] | None = None
    channels: list[dict[str, Any]] | None = None
    urls: list[dict[str, Any]] | None = None
    reactions: dict[str, Any] | None = None
    starred: list[dict[str, Any]] | None = None
    pinned: bool | None = None
    pinned_at: IsoTime | None = field(name="pinnedAt", default=None)
    pinned_by: UserRef | None = field(name="pinnedBy", default=None)
    edited_at: IsoTime | None = field(name="editedAt", default=None)
    edited_by: UserRef | None = field(name="editedBy", default=None)
    custom_fields: dict[str, Any] | None = field(name="customFields", default=None)
    role: str | None = None
    file: dict[str, Any] | None = None
    files: list[dict[str, Any]] | None = None


IntegrationType = Literal["webhook-incoming", "webhook-outgoing"]


class ScriptError(Value, frozen=True, kw_only=True):
    """Why a script did not compile."""

    name: str
    message: str
    stack: str = ""


class Verification(Value, frozen=True, kw_only=True):
    """How calls of an incoming webhook prove who sent them; the secrets are kept elsewhere. Ours.

    ``header``, ``algorithm``, ``encoding`` and ``prefix`` are of ``hmac`` and ``header`` only; ``tolerance`` is in
    seconds, of schemes that sign a time.
    """

    scheme: Literal[
        "none",
        "header",
        "basic",
        "hmac",
        "github",
        "gitlab",
        "slack",
        "stripe",
        "shopify",
        "twilio",
        "bitbucket",
        "standard",
    ]
    header: str | None = None
    algorithm: Literal["sha256", "sha1"] | None = None
    encoding: Literal["hex", "base64"] | None = None
    prefix: str | None = None
    tolerance: int | None = None


class Integration(Value, frozen=True, kw_only=True):
    """An incoming or outgoing webhook (contract, section 2, "Fields")."""

    id: str = field(name="_id")
    type: IntegrationType
    name: str
    enabled: bool
    username: str
    user_id: str = field(name="userId")
    channel: tuple[str, ...]
    token: str
    alias: str | None = None
    avatar: str | None = None
    emoji: str | None = None
    script_enabled: bool = field(name="scriptEnabled")
    script: str | None = None
    script_compiled: str | None = field(name="scriptCompiled", default=None)
    script_error: ScriptError | None = field(name="scriptError", default=None)
    script_engine: str | None = field(name="scriptEngine", default=None)
    script_time_limit: int | None = field(name="scriptTimeLimit", default=None)
    """Milliseconds that its script may run for in a call; ours."""
    script_memory_limit: int | None = field(name="scriptMemoryLimit", default=None)
    """Megabytes that its script may use; ours."""
    skip_transpile: bool | None = field(name="skipTranspile", default=None)
    override_destination: bool | None = field(name="overrideDestinationChannelEnabled", default=None)
    verification: Verification | None = None
    allowed_networks: tuple[str, ...] | None = field(name="allowedNetworks", default=None)
    """Networks that calls may come from, any where there are none; ours."""
    rate_limit_calls: int | None = field(name="rateLimitCalls", default=None)
    """Calls that are taken in ``rate_limit_seconds``; ours."""
    rate_limit_seconds: int | None = field(name="rateLimitSeconds", default=None)
    idempotency_hours: float | None = field(name="idempotencyHours", default=None)
    """For how long a call that comes again posts nothing; 0 never; ours."""
    template: str | None = None
    """The service template that it was made of; ours."""
    previous_token: str | None = field(name="previousToken", default=None)
    """The token before this one, while calls may still bring it; ours."""
    previous_token_until: IsoTime | None = field(name="previousTokenUntil", default=None)
    event: str | None = None
    urls: tuple[str, ...] | None = None
    target_url: str | None = None
    trigger_words: tuple[str, ...] | None = field(name="triggerWords", default=None)
    trigger_word_anywhere: bool | None = field(name="triggerWordAnywhere", default=None)
    target_room: str | None = field(name="targetRoom", default=None)
    impersonate_user: bool | None = field(name="impersonateUser", default=None)
    run_on_edits: bool | None = field(name="runOnEdits", default=None)
    retry_failed_calls: bool | None = field(name="retryFailedCalls", default=None)
    retry_count: int | None = field(name="retryCount", default=None)
    retry_delay: str | None = field(name="retryDelay", default=None)
    ordered: bool | None = None
    """Whether each URL is told of events one after the other, in their order; ours."""
    concurrency: int | None = None
    """Calls that may be under way at once; ours."""
    signing: Literal["v1", "v1a"] | None = None
    """How requests are signed (Standard Webhooks); ours. The keys are kept elsewhere."""
    ca_certificate: str | None = field(name="caCertificate", default=None)
    """Certificates (PEM) of authorities that its receivers are verified against, beside the usual ones; ours."""
    allow_self_signed: bool | None = field(name="allowSelfSigned", default=None)
    """Whether its receivers' certificates are not verified, where the server permits that; ours."""
    disabled_reason: str | None = field(name="disabledReason", default=None)
    """Why the server switched it off, while it is off for that reason; ours."""
    created_at: IsoTime = field(name="_createdAt")
    created_by: UserRef = field(name="_createdBy")
    updated_at: IsoTime = field(name="_updatedAt")
    updated_by: UserRef | None = field(name="_updatedBy", default=None)

    @property
    def is_incoming(self) -> bool:
        """Whether calls come in through it."""
        return self.type == "webhook-incoming"
