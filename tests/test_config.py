"""Configuration: where values come from, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookroom.config import ConfigError, load


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("TEST_MODE", "ADMIN_USERNAME", "ADMIN_PASS", "HOOKROOM_PORT"):
        monkeypatch.delenv(name, raising=False)


def test_flags_win_over_the_environment_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("HOOKROOM_PORT=1001\nHOOKROOM_HOST=1.1.1.1\nHOOKROOM_LOG_LEVEL=debug\n")
    monkeypatch.setenv("HOOKROOM_PORT", "1002")
    monkeypatch.setenv("HOOKROOM_HOST", "2.2.2.2")
    config = load(port=1003)
    assert (config.port, config.host, config.log_level) == (1003, "2.2.2.2", "debug")


@pytest.mark.parametrize("name", ["TEST_MODE", "HOOKROOM_TEST_MODE"])
def test_names_of_the_original_work(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "true")
    monkeypatch.setenv("ADMIN_PASS", "secret-word")
    config = load()
    assert config.test_mode
    assert config.admin_pass == "secret-word"
    assert "secret-word" not in repr(config)


@pytest.mark.parametrize(
    ("host", "choice", "allowed"),
    [("127.0.0.1", None, True), ("0.0.0.0", None, False), ("0.0.0.0", True, True), ("::1", False, False)],
)
def test_loopback_receivers_are_for_servers_on_loopback(
    host: str, choice: bool | None, allowed: bool
) -> None:
    assert load(host=host, deliveries_allow_loopback=choice).loopback_receivers is allowed


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HOOKROOM_PORT", "port-s3cret"),
        ("HOOKROOM_TRUSTED_PROXIES", "proxy-s3cret"),
        ("HOOKROOM_DELIVERIES_PROXY", "https://user:proxy-s3cret@proxy.example:3128"),
        ("HOOKROOM_DELIVERIES_NO_PROXY", "a.example, http://no-proxy-s3cret/"),
    ],
)
def test_wrong_values_are_named_but_not_repeated(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as raised:
        load()
    assert variable.removeprefix("HOOKROOM_").lower() in str(raised.value)
    if variable != "HOOKROOM_TRUSTED_PROXIES":
        assert "s3cret" not in str(raised.value)


def test_the_proxys_credentials_are_not_printed() -> None:
    config = load(deliveries_proxy="http://user:s3cret@proxy.example:3128", deliveries_no_proxy="a.example")
    assert "s3cret" not in repr(config)
    assert load(deliveries_proxy="").deliveries_proxy is None
