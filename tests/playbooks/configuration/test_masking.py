"""No secret leaves with the configuration, wherever in it it stands."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from playbooks.configuration.masking import MASK, masked
from playbooks.configuration.passwords import is_default, is_secret, weakness

_VALUES = st.text(
    alphabet=st.characters(codec="ascii", exclude_characters=" \t\n\r\"'@/:\\", min_codepoint=33),
    min_size=8,
    max_size=30,
).map("Zq7{}".format)  # no word that stands in a file anyway
_PLACES = (
    lambda secret: {"environment": {"DB_PASSWORD": secret}},
    lambda secret: {"environment": [f"DB_PASSWORD={secret}"]},
    lambda secret: {"environment": {"REDIS_URL": f"redis://:{secret}@redis:6379/0"}},
    lambda secret: {"command": ["redis-server", "--requirepass", secret, "--save", "1 1"]},
    lambda secret: {"command": f"redis-server --requirepass {secret}"},
    lambda secret: {"command": ["server", f"--api.token={secret}"]},
    lambda secret: {"labels": {"traefik.http.middlewares.a.basicauth.users": f"ana:{secret}"}},
    lambda secret: {"build": {"args": {"NPM_TOKEN": secret}}},
)


@pytest.mark.parametrize("place", _PLACES)
@given(secret=_VALUES)
def test_a_secret_is_masked_wherever_it_stands(place: object, secret: str) -> None:
    """By the name of its setting, in addresses, on command lines, in labels."""
    assert callable(place)
    shown = json.dumps(masked({"services": {"one": place(secret)}}), ensure_ascii=False)
    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in shown
    assert MASK in shown


@given(secret=_VALUES)
def test_a_known_value_is_masked_in_every_text(secret: str) -> None:
    """Also under names that tell nothing; except what everybody knows, which is judged instead."""
    assume(not is_default(secret))
    described = {"services": {"one": {"healthcheck": {"test": ["CMD", "ping", f"x{secret}y"]}}}}
    shown = masked(described, [secret])["services"]["one"]["healthcheck"]["test"]
    assert shown == ["CMD", "ping", f"x{MASK}y"]


def test_what_is_no_secret_stays() -> None:
    """Images, ports, names; and files that hold secrets."""
    described = {
        "services": {
            "postgres": {
                "image": "postgres:17",
                "environment": {
                    "POSTGRES_PASSWORD": "postgres",
                    "POSTGRES_USER": "postgres",
                    "POSTGRES_PASSWORD_FILE": "/run/secrets/pg",
                },
                "ports": [{"target": 5432}],
            }
        }
    }
    service = masked(described)["services"]["postgres"]
    assert service["image"] == "postgres:17"
    assert service["environment"] == {
        "POSTGRES_PASSWORD": MASK,
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD_FILE": "/run/secrets/pg",
    }
    assert service["ports"] == [{"target": 5432}]


def test_inline_files_are_not_shown() -> None:
    """The content of a config may hold anything."""
    shown = masked({"configs": {"app": {"content": "key: abcdefgh"}}})
    assert shown == {"configs": {"app": {"content": MASK}}}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("POSTGRES_PASSWORD", "password", "is a well-known default"),
        ("POSTGRES_PASSWORD", "", "is empty"),
        ("POSTGRES_PASSWORD", "vK8-2hfQ_x1", ""),
        ("POSTGRES_PASSWORD_FILE", "", ""),
        ("POSTGRES_HOST_AUTH_METHOD", "trust", "lets everybody in"),
        ("NEO4J_AUTH", "none", "lets everybody in"),
        ("NEO4J_AUTH", "neo4j/password", "is a well-known default"),
        ("REDIS_URL", "redis://:changeme@redis:6379", "holds a well-known default"),
        ("REDIS_URL", "redis://redis:6379", ""),
        ("command", "redis-server --requirepass redis", "holds a well-known default"),
        ("LOG_LEVEL", "", ""),
    ],
)
def test_weak_settings_are_told_without_their_value(name: str, value: str, why: str) -> None:
    """What everybody would try first, and what is left open."""
    assert weakness(name, value) == why


def test_names_of_secrets() -> None:
    """Keys and tokens, and not what merely sounds alike."""
    named = ("SECRET_KEY", "OPENAI_API_KEY", "DB_PASSWORD", "GF_TOKEN", "JWT_SECRET", "SENTRY_DSN")
    assert all(map(is_secret, named))
    assert not any(map(is_secret, ("KEYSPACE", "MONKEY", "PASSIVE", "PORT", "KEYCLOAK_URL")))
