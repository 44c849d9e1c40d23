"""Whether a call may be made: the rules and lists in force now, and the server's own address."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

import structlog

from hookroom.delivery.exchange import AddressRefused
from hookroom.delivery.own_address import OwnAddress
from hookroom.rules.addresses import Address, Policy
from hookroom.rules.egress import Egress, egress
from hookroom.rules.settings import SettingValues

log = structlog.get_logger()

OWN: Final = "this server's own address"


class Judge:
    """Judges hosts and addresses. ``rules`` answers those in force, the same object as long as they are the same.

    Without ``own``, the server's own address is one like others.
    """

    def __init__(self, rules: Callable[[], Egress], own: OwnAddress | None = None) -> None:
        self.rules = rules
        self._own = own

    def check_host(self, host: str, port: int) -> None:
        """Raise ``AddressRefused`` for a host that is refused by its name. Looks nothing up."""
        if (reason := self.rules().host_verdict(host, port)) is not None:
            raise AddressRefused(host, reason)

    def judged(self, text: str, host: str, port: int) -> tuple[Address | None, str | None]:
        """The address that ``text`` is, to which ``host`` leads, and why it may not be called on ``port``."""
        try:
            address = ip_address(text)
        except ValueError:
            # Connecting would look it up again, past the resolver.
            return None, "not an address"
        reason = self.rules().address_verdict(host, address, port)
        if reason is None and self._own is not None and self._own.is_own(address, port):
            reason = OWN
        return address, reason


def in_force(policy: Policy, settings: SettingValues) -> Callable[[], Egress]:
    """The rules that ``policy`` and the lists of the settings make, always as the settings are now."""
    allow, deny, rules = "", "", egress(policy)

    def rules_now() -> Egress:
        nonlocal allow, deny, rules
        allow_now, deny_now = settings["SSRF_Allowlist"], settings["SSRF_Denylist"]
        if allow_now is not allow or deny_now is not deny:
            if (allow_now, deny_now) != (allow, deny):
                rules = egress(policy, allow=allow_now, deny=deny_now)
                log.info(
                    "lists of hosts have changed", allowed=rules.allowed.count, denied=rules.denied.count
                )
            allow, deny = allow_now, deny_now
        return rules

    return rules_now
