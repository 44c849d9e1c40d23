"""All configuration, in one typed object.

Values come from, strongest first: command-line flags, the environment (``HOOKROOM_…``), a ``.env`` file in
the working directory, the defaults here. ``.env.example`` shows every one; a test keeps it complete.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hookroom.rules.client_address import networks
from hookroom.rules.egress import entries
from hookroom.rules.mail_server import mail_server, sender
from hookroom.rules.proxy import proxy


def _also(name: str, plain: str) -> AliasChoices:
    """``HOOKROOM_<name>``, or the name the original's users know."""
    return AliasChoices(f"hookroom_{name}", plain)


class Config(BaseSettings):
    """The configuration of one server process."""

    model_config = SettingsConfigDict(
        env_prefix="HOOKROOM_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(3000, description="Port; 0 picks a free one.")
    data: Path = Field(Path("data"), description="Directory of the embedded database and of files.")
    database_url: str | None = Field(
        None, description="PostgreSQL instead of the embedded database: postgresql://user:password@host/name"
    )
    site_url: str | None = Field(
        None, description="Address that users and receivers see; default: made of host and port."
    )
    test_mode: bool = Field(
        False,
        validation_alias=_also("test_mode", "test_mode"),
        description="For automated tests: no rate limits, no second factor, a known administrator.",
    )
    admin_username: str | None = Field(
        None, validation_alias=_also("admin_username", "admin_username"), description="First administrator."
    )
    admin_pass: str | None = Field(
        None,
        validation_alias=_also("admin_pass", "admin_pass"),
        description="Password of the first administrator; without it one is made and printed once.",
        repr=False,
    )
    admin_email: str | None = Field(
        None, validation_alias=_also("admin_email", "admin_email"), description="E-mail of the first admin."
    )
    admin_name: str | None = Field(
        None, validation_alias=_also("admin_name", "admin_name"), description="Display name of that admin."
    )
    create_tokens_for_users_secret: str | None = Field(
        None,
        validation_alias=_also("create_tokens_for_users_secret", "create_tokens_for_users_secret"),
        description="Secret that users.createToken asks for, besides the permission; without one, none.",
        repr=False,
    )
    sample_webhook: bool = Field(
        True, description="Make a sample incoming webhook for #general at the first start."
    )
    max_body_bytes: Annotated[int, Field(ge=1024)] = Field(
        1024 * 1024, description="Largest request body that is read; a larger one is answered 413."
    )
    hooks_rate_calls: Annotated[int, Field(ge=0)] = Field(
        0, description="Calls of one incoming webhook per minute, unless it sets its own limit; 0 = no limit."
    )
    hooks_address_rate_calls: Annotated[int, Field(ge=0)] = Field(
        0, description="Calls of all incoming webhooks by one address per minute; 0 = no limit."
    )
    hooks_idempotency_h: Annotated[float, Field(ge=0)] = Field(
        24.0, description="Hours for which a call with a known delivery id posts nothing again; 0 = never."
    )
    trusted_proxies: str = Field(
        "", description="Addresses of proxies whose X-Forwarded-For is believed, comma-separated."
    )
    realtime_per_address: Annotated[int, Field(ge=0)] = Field(
        0, description="Connections to the realtime API that one address may have at once; 0 = no limit."
    )
    deliveries_allow_loopback: bool | None = Field(
        None,
        description="May outgoing webhooks call 127.0.0.1? Default: only while listening on loopback."
        " Addresses that any user names (pictures, previews) lead there only where this is true.",
    )
    deliveries_allow_private: bool = Field(
        False, description="May outgoing webhooks call private networks (10/8, 192.168/16, …)?"
    )
    deliveries_allow_self: bool = Field(
        False, description="May outgoing webhooks call this server's own address?"
    )
    deliveries_proxy: str | None = Field(
        None,
        description="HTTP proxy that outgoing webhooks go through: http://user:password@host:port",
        repr=False,
    )
    deliveries_no_proxy: str = Field(
        "",
        description="Hosts that are called without the proxy, comma-separated; .example.com is all below it.",
    )
    deliveries_concurrency: Annotated[int, Field(ge=1)] = Field(
        512, description="Outgoing calls under way at once on this process."
    )
    deliveries_per_host: Annotated[int, Field(ge=1)] = Field(
        32, description="Of these, calls to one host and port."
    )
    deliveries_per_integration: Annotated[int, Field(ge=1)] = Field(
        16,
        description="Of these, calls of one integration; it may set its own concurrency, up to the host's.",
    )
    deliveries_disable_after_h: Annotated[float, Field(ge=0)] = Field(
        120.0,
        description="Hours without a single success after which a failing integration is disabled; 0 = never.",
    )
    deliveries_connect_timeout_s: Annotated[float, Field(gt=0)] = Field(
        5.0, description="Seconds to reach a receiver."
    )
    deliveries_timeout_s: Annotated[float, Field(gt=0)] = Field(
        10.0, description="Seconds for a whole outgoing call."
    )
    deliveries_lease_s: Annotated[float, Field(gt=0)] = Field(
        6.0, description="Seconds after which another node takes over the deliveries of one that died."
    )
    deliveries_max_response_bytes: Annotated[int, Field(ge=1024)] = Field(
        1024 * 1024, description="Bytes of a receiver's answer that are read."
    )
    files_store: str | None = Field(
        None,
        description="Where uploaded files are kept: s3://bucket/prefix; default: a directory below the data.",
    )
    s3_endpoint: str | None = Field(
        None, description="Address of an S3-compatible service; default: Amazon's, by region."
    )
    s3_region: str = Field("us-east-1", description="Region of the S3 bucket.")
    s3_access_key: str | None = Field(None, description="Access key of the S3 bucket.", repr=False)
    s3_secret_key: str | None = Field(None, description="Secret key of the S3 bucket.", repr=False)
    smtp_url: str | None = Field(
        None,
        validation_alias=_also("smtp_url", "mail_url"),
        description="Mail server: smtp://, starttls:// or smtps://user:password@host:port; without, no e-mail.",
        repr=False,
    )
    mail_from: str | None = Field(
        None, description="Where e-mail comes from: chat@example.com; default: no-reply@ the site's host."
    )
    history_days: Annotated[int, Field(ge=1)] = Field(
        30, description="Days for which the history of outgoing webhooks is kept."
    )
    history_entries: Annotated[int, Field(ge=1)] = Field(
        10_000, description="Entries that are kept of each outgoing webhook's history."
    )
    disable_integration_scripts: bool = Field(
        False,
        validation_alias=_also("disable_integration_scripts", "disable_integration_scripts"),
        description="Turn all scripts of integrations off; what has a script then posts and calls nothing.",
    )
    scripts_workers: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None, description="Processes that run scripts; default: one per processor, at most 4."
    )
    scripts_time_ms: Annotated[int, Field(ge=10)] = Field(
        1000, description="Milliseconds that a script may run in one call; an integration may set its own."
    )
    scripts_max_time_ms: Annotated[int, Field(ge=10)] = Field(
        10_000, description="The most that an integration may set as its own scriptTimeLimit."
    )
    scripts_memory_mb: Annotated[int, Field(ge=4, le=512)] = Field(
        32, description="Megabytes that a script may have; an integration may set its own."
    )
    scripts_max_memory_mb: Annotated[int, Field(ge=4, le=512)] = Field(
        128, description="The most that an integration may set as its own scriptMemoryLimit."
    )
    scripts_wait_ms: Annotated[int, Field(ge=10)] = Field(
        15_000, description="Milliseconds for a whole call of a script, with the requests that it waits for."
    )
    scripts_queue: Annotated[int, Field(ge=1)] = Field(
        1000, description="Calls that may wait for a script worker; one more is answered 503."
    )
    scripts_instances: Annotated[int, Field(ge=1, le=4096)] = Field(
        128, description="Scripts that each worker keeps alive; the others leave a snapshot of their state."
    )
    scripts_live_memory_mb: Annotated[int, Field(ge=16)] = Field(
        384, description="Megabytes for the scripts that a worker keeps alive."
    )
    scripts_snapshots_mb: Annotated[int, Field(ge=0)] = Field(
        128, description="Megabytes for the state of scripts that a worker does not keep alive."
    )
    scripts_legacy_globals: Literal["transpiled", "all", "none"] = Field(
        "transpiled", description="Which scripts have the globals HTTP and _ of old."
    )
    scripts_cache: Path | None = Field(
        None, description="Directory for the engine's machine code; default: in the user's cache directory."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    log_format: Literal["console", "json"] = Field("console", description="How log lines look.")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        networks(value)
        return value

    @field_validator("deliveries_proxy")
    @classmethod
    def _is_a_proxy(cls, value: str | None) -> str | None:
        if not value:
            return None
        proxy(value)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, value: str | None) -> str | None:
        if not value:
            return None
        mail_server(value)
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        return sender(value) if value else None

    @field_validator("deliveries_no_proxy")
    @classmethod
    def _are_hosts(cls, value: str) -> str:
        entries(value)
        return value

    @field_validator("disable_integration_scripts", mode="before")
    @classmethod
    def _names_an_engine(cls, value: object) -> object:
        """The original's users name the engine that they turn off."""
        return True if isinstance(value, str) and value.lower() in ("ivm", "vm2") else value

    @property
    def script_cache(self) -> Path:
        """Where the engine's machine code is kept."""
        if self.scripts_cache is not None:
            return self.scripts_cache
        cache = os.environ.get("XDG_CACHE_HOME")
        return (Path(cache) if cache else Path.home() / ".cache") / "hookroom"

    @property
    def script_workers(self) -> int:
        """How many processes run scripts."""
        return self.scripts_workers or min(4, os.cpu_count() or 1)

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    @property
    def loopback_receivers(self) -> bool:
        """Whether outgoing webhooks may call this machine."""
        allowed = self.deliveries_allow_loopback
        return self.on_loopback if allowed is None else allowed


class ConfigError(Exception):
    """A value that is none; the text says which and why, never what was given."""


def load(**flags: Any) -> Config:
    """The configuration, with ``flags`` that are not ``None`` on top. Raises ``ConfigError``."""
    try:
        return Config(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        lines = [
            f"{str(problem['loc'][0]).lower().removeprefix('hookroom_')}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigError("\n".join(lines)) from None
