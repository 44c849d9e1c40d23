"""``login`` and ``logout``: every form in which clients log in."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from tests.methods.calls import method, refused
from tests.running import Api, Server, unique

PASSWORD = "Correct-horse-1"
DIGEST = hashlib.sha256(PASSWORD.encode()).hexdigest()


@pytest.fixture(scope="module")
def nobody(server: Server) -> Api:
    return Api(server.url)


@pytest.fixture(scope="module")
def person(admin: Api) -> Any:
    """Somebody with a password."""
    name = unique("person")
    body = {"username": name, "name": name, "email": f"{name}@example.com", "password": PASSWORD}
    return admin.post("users.create", **body, verified=True)["user"]


def test_every_form_of_a_login(nobody: Api, person: Any) -> None:
    name, email = person["username"], person["emails"][0]["address"]
    digest = {"digest": DIGEST, "algorithm": "sha-256"}
    for user, password in (
        ({"username": name}, PASSWORD),
        ({"username": name.upper()}, digest),
        ({"email": email}, PASSWORD),
        ({"email": email.upper()}, digest),
        ({"id": person["_id"]}, digest),
        (name, PASSWORD),
    ):
        session = method(nobody, "login", {"user": user, "password": password})
        assert session.keys() == {"id", "token", "tokenExpires", "type"}
        assert (session["id"], session["type"]) == (person["_id"], "password")
        assert session["tokenExpires"]["$date"] / 1000 > time.time() + 80 * 86400
        again = method(nobody, "login", {"resume": session["token"]})
        assert (again["id"], again["token"], again["type"]) == (person["_id"], session["token"], "resume")


def test_wrong_logins(nobody: Api, person: Any) -> None:
    name = {"username": person["username"]}
    for options, code in (
        ({"user": name, "password": "wrong"}, 403),
        ({"user": {"username": unique("nobody")}, "password": PASSWORD}, 403),
        ({"user": {"id": "none"}, "password": PASSWORD}, 403),
        ({"resume": "none"}, 403),
        ({"user": name}, 400),
        ({"user": {}, "password": PASSWORD}, 400),
        ({"user": name, "password": {"digest": DIGEST, "algorithm": "md5"}}, 400),
        ({}, 400),
        (None, 400),
    ):
        assert refused(nobody, "login", options)["error"] == code, options
    # An unknown name and a wrong password are answered alike.
    assert refused(nobody, "login", {"user": name, "password": "x"})["reason"] == "User not found"


def test_logging_out_ends_the_token(server: Server, person: Any) -> None:
    api = Api.login(server.url, person["username"], PASSWORD)
    assert method(api, "logout") is None
    assert api.call("GET", "me").status_code == 401


def test_a_deactivated_user_is_told_so(admin: Api, nobody: Api) -> None:
    user = admin.new_user()
    name = user.username()
    admin.post("users.setActiveStatus", userId=user.user_id, activeStatus=False)
    error = refused(nobody, "login", {"user": {"username": name}, "password": PASSWORD})
    assert error["error"] == "error-user-is-not-activated"


def test_registration(admin: Api, nobody: Api) -> None:
    name = unique("new")
    form = {"email": f"{name}@example.com", "pass": PASSWORD, "name": f"Nóra {name}"}
    user_id = method(nobody, "registerUser", form)
    assert admin.get("users.info", userId=user_id)["user"]["username"] == f"nora.{name}"
    assert "already" in refused(nobody, "registerUser", form)["error"]
    assert refused(nobody, "registerUser", {"email": None})["error"] == 400
