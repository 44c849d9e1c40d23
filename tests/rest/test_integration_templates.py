"""Services' templates: shown, made into integrations, and called as the services call them."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from tests.hooks.hooks import Hook
from tests.rest.integration_bodies import incoming, outgoing
from tests.rest.senders import proof
from tests.running import Api, Server, unique

from hookroom.integrations.service_templates import Example, examples, service_templates

TEMPLATES: Final = service_templates()
FROM_SERVICE: Final = "whsec_aVery0ldSecret"
"""A secret that the service made."""

NO_SUCH: Final = "There is no such template [error-invalid-template]"


class TemplateHook(Hook):
    """A hook of a template, with what the server said of its setup."""

    def __init__(self, admin: Api, template: str, **fields: Any) -> None:
        self.admin = admin
        self.room = admin.new_channel()
        body = {"template": template, "channel": f"#{self.room['name']}", **fields}
        answer = admin.post("integrations.create", **body)
        self.integration, self.setup = answer["integration"], answer["setup"]
        self.id, self.token = self.integration["_id"], self.integration["token"]
        self.path = f"/hooks/{self.id}/{self.token}"
        self.http = Api(admin.url).http
        assert self.setup["url"] == admin.url + self.path

    def deliver(self, example: Example, secret: str) -> Any:
        """A call with the example as its service makes it, signed with ``secret``."""
        payload = example.payload
        body = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
        headers = {"content-type": "application/json", **example.headers}
        signed = proof(self.setup.get("verification", {"scheme": "none"}), secret, body)
        headers |= {name.lower(): value for name, value in signed.items()}
        path = f"{self.path}?{example.query}" if example.query else self.path
        return self.call(path=path, content=body, headers=headers)


def telling(template: str) -> Example:
    """The first example of a template that posts."""
    return next(one for one in examples(template) if one.message is not None)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_service_that_calls_an_integration_of_its_template(admin: Api, template: str) -> None:
    """Nothing is sent but the template and the channel, and the secret where the service makes it."""
    awaits = TEMPLATES[template].awaits_secret
    hook = TemplateHook(admin, template, **({"verification": {"secret": FROM_SERVICE}} if awaits else {}))
    example, secret = telling(template), hook.setup.get("secret", FROM_SERVICE)
    assert hook.setup["verified"] == TEMPLATES[template].verifies
    if hook.setup["verified"]:
        wrong = hook.deliver(example, f"{secret[:-1]}x")
        assert (wrong.status_code, wrong.json()) == (401, {"success": False, "error": "Unauthorized"})
        assert hook.messages() == []
    answer = hook.deliver(example, secret)
    assert answer.status_code == 200, answer.text
    (message,) = hook.messages()
    assert example.message is not None
    assert message["msg"] == example.message.get("text", "")
    assert message.get("attachments", []) == example.message.get("attachments", [])
    assert message["bot"] == {"i": hook.id}
    assert message.get("alias") == TEMPLATES[template].look.alias


def test_the_list_of_all(admin: Api) -> None:
    found = admin.get("integrations.templates")["templates"]
    assert [one["id"] for one in found] == list(TEMPLATES)
    assert {tuple(one) for one in found} == {
        (
            "id",
            "name",
            "description",
            "documentation",
            "events",
            "verification",
            "serviceMakesSecret",
            "look",
            "readme",
        )
    }
    assert {one["id"] for one in found if one["serviceMakesSecret"]} == {"stripe", "sentry", "pagerduty"}


def test_one_with_its_script_and_examples(admin: Api) -> None:
    found = admin.get("integrations.templates", id="github")["template"]
    assert found["script"] == TEMPLATES["github"].script
    assert found["readme"].startswith("# GitHub\n")
    assert [one["name"] for one in found["examples"]] == [one.name for one in examples("github")]
    assert {"push", "ping"} < {one["name"] for one in found["examples"]}
    push = next(one for one in found["examples"] if one["name"] == "push")
    assert push["payload"]["ref"] == "refs/heads/main"
    assert "[2 commits]" in push["message"]["text"]


@pytest.mark.parametrize("wanted", ["nope", "../github", "github/fixtures", "GITHUB", "é"])
def test_one_that_there_is_not(admin: Api, wanted: str) -> None:
    refused = admin.refused("GET", "integrations.templates", params={"id": wanted})
    assert (refused["error"], refused["errorType"]) == (NO_SUCH, "error-invalid-template")


def test_who_may_see_them(own_server: Server) -> None:
    admin = own_server.admin()
    nobody, keeper = admin.new_user(), admin.new_user(roles=["user", "bot"])
    nobody.refused("GET", "integrations.templates", 403)
    Api(own_server.url).refused("GET", "integrations.templates", 401)
    admin.post(
        "permissions.update",
        permissions=[{"_id": "manage-own-incoming-integrations", "roles": ["admin", "bot"]}],
    )
    assert keeper.get("integrations.templates")["templates"]
    room = keeper.new_channel()
    made = keeper.post("integrations.create", template="github", channel=f"#{room['name']}")
    assert made["integration"]["_createdBy"]["_id"] == keeper.user_id
    refused = nobody.refused(
        "POST", "integrations.create", json={"template": "github", "channel": f"#{room['name']}"}
    )
    assert refused["errorType"] == "not_authorized"


def made(api: Api, **fields: Any) -> Any:
    return api.post("integrations.create", **{"template": "github", "channel": "#general", **fields})


def test_what_the_template_fills_in(admin: Api) -> None:
    answer = made(admin)
    integration, setup = answer["integration"], answer["setup"]
    assert (
        integration.items()
        >= {
            "type": "webhook-incoming",
            "template": "github",
            "name": "GitHub",
            "enabled": True,
            "username": "rocket.cat",
            "channel": ["#general"],
            "alias": "GitHub",
            "scriptEnabled": True,
            "script": TEMPLATES["github"].script,
            "skipTranspile": True,
            "verification": {"scheme": "github"},
        }.items()
    )
    assert "scriptError" not in integration
    assert integration["scriptCompiled"] == integration["script"]
    state = admin.get("integrations.verificationSecrets", integrationId=integration["_id"])
    assert [one["secret"] for one in state["secrets"]] == [setup["secret"]]
    assert setup["secret"] not in json.dumps(integration)
    again = admin.get("integrations.get", integrationId=integration["_id"])["integration"]
    assert again == integration


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"name": "Ours", "enabled": False}, {"name": "Ours", "enabled": False}),
        ({"alias": "Deploys"}, {"alias": "Deploys"}),
        ({"alias": ""}, {"alias": ""}),
        ({"alias": None, "emoji": ":octopus:"}, {"alias": "GitHub", "emoji": ":octopus:"}),
        ({"scriptEnabled": False}, {"scriptEnabled": False, "script": TEMPLATES["github"].script}),
        ({"skipTranspile": False}, {"skipTranspile": False, "script": TEMPLATES["github"].script}),
        ({"script": "class Script {}"}, {"script": "class Script {}", "skipTranspile": False}),
        ({"verification": None}, {"verification": None}),
        ({"verification": {"scheme": "none"}}, {"verification": None}),
        ({"verification": {"scheme": "gitlab"}}, {"verification": {"scheme": "gitlab"}}),
        ({"overrideDestinationChannelEnabled": True}, {"overrideDestinationChannelEnabled": True}),
        ({"idempotencyHours": 1, "type": "webhook-incoming"}, {"idempotencyHours": 1}),
    ],
)
def test_what_the_request_says_counts(admin: Api, sent: dict[str, Any], shown: dict[str, Any]) -> None:
    integration = made(admin, **sent)["integration"]
    assert {name: integration.get(name) for name in shown} == shown


def test_a_secret_that_is_brought_is_not_told_again(admin: Api) -> None:
    answer = made(admin, verification={"secret": "correct-horse-1"})
    assert answer["integration"]["verification"] == {"scheme": "github"}
    assert answer["setup"]["verified"] is True
    assert "correct-horse-1" not in json.dumps(answer)
    state = admin.get("integrations.verificationSecrets", integrationId=answer["integration"]["_id"])
    assert [one["secret"] for one in state["secrets"]] == ["correct-horse-1"]


@pytest.mark.parametrize("template", ["stripe", "sentry", "pagerduty"])
def test_a_secret_that_only_the_service_makes(admin: Api, template: str) -> None:
    hook = TemplateHook(admin, template)
    assert hook.setup["verified"] is False
    assert "secret" not in hook.setup
    assert TEMPLATES[template].name in hook.setup["hint"]
    assert "verification" not in hook.integration
    first, other = [one for one in examples(template) if one.message is not None][:2]
    assert hook.deliver(first, "not known yet").status_code == 200
    assert len(hook.messages()) == 1
    hook.update(
        verification={**hook.setup["verification"], "secret": FROM_SERVICE},
        skipTranspile=True,
    )
    assert hook.deliver(other, "still another").status_code == 401
    assert hook.deliver(other, FROM_SERVICE).status_code == 200


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"template": "nope", "channel": "#general"}, "error-invalid-template"),
        ({"template": "nope"}, "error-invalid-template"),
        ({**incoming(), "template": "nope"}, "error-invalid-template"),
        ({**incoming(), "template": 7}, "error-invalid-template"),
        ({**incoming(), "template": {}}, "invalid-params"),
        ({"template": "github"}, "error-invalid-channel"),
        ({"template": "github", "channel": "general"}, "error-invalid-channel-start-with-chars"),
        ({"template": "github", "channel": f"#{unique('no')}"}, "error-invalid-room"),
        ({"template": "github", "channel": "#general", "username": "nobody"}, "error-invalid-user"),
        ({"template": "github", "channel": "#general", "odd": 1}, "invalid-params"),
        ({"template": "github", "channel": "#general", "type": "webhook-outgoing"}, "invalid-params"),
        ({**outgoing(), "template": "github"}, "invalid-params"),
        ({"template": "github", "channel": "#general", "verification": []}, "invalid-params"),
        (
            {"template": "github", "channel": "#general", "verification": {"x": 1}},
            "error-invalid-verification",
        ),
        ({"template": "stripe", "channel": "#general", "verification": {}}, "error-invalid-verification"),
        (
            {"template": "trello", "channel": "#general", "verification": {"secret": "correct-horse"}},
            "error-invalid-verification",
        ),
    ],
)
def test_what_is_refused(admin: Api, body: dict[str, Any], error: str) -> None:
    before = admin.get("integrations.list", count=1)["total"]
    assert admin.refused("POST", "integrations.create", json=body)["errorType"] == error
    assert admin.get("integrations.list", count=1)["total"] == before


@pytest.mark.parametrize("template", ["", None])
def test_no_template_is_none(admin: Api, template: str | None) -> None:
    answer = admin.post("integrations.create", **incoming(template=template))
    assert "template" not in answer["integration"]
    assert "setup" not in answer
    admin.refused("POST", "integrations.create", json={"channel": "#general", "template": template})


def test_a_template_in_a_form(admin: Api) -> None:
    answer = admin.call("POST", "integrations.create", data={"template": "zabbix", "channel": "#general"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["integration"]["template"] == "zabbix"


def test_an_update_keeps_the_template(admin: Api) -> None:
    old = made(admin)["integration"]
    body = incoming(integrationId=old["_id"], scriptEnabled=True, template="gitlab", skipTranspile=True)
    new = admin.put("integrations.update", **body)["integration"]
    assert (new["template"], new["script"]) == ("github", old["script"])
