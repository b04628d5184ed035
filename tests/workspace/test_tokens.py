from __future__ import annotations

import pytest

from soc import instant
from soc.errors import ConfigurationError
from soc.workspace.tokens import Bearer, Token


@pytest.fixture
def tokens(workspace):
    workspace.users.add("siem", "viewer", "mua he o Hue")
    return workspace.tokens


def test_a_token_acts_as_its_user(tokens):
    token = tokens.issue("siem", "export", 30)
    id_ = token.split("_")[1]
    assert tokens.verify(token) == Bearer(id_, "siem", "viewer", "")


def test_a_token_ends_with_its_days(tokens, clock):
    token = tokens.issue("siem", "export", 30)
    clock.advance(30 * instant.DAY - 1)
    assert tokens.verify(token)
    clock.advance(1)
    assert tokens.verify(token) is None


def test_what_is_no_token_is_nobody(tokens):
    token = tokens.issue("siem", "export", 30)
    prefix, id_, secret = token.split("_")
    for wrong in (
        "",
        "soc",
        "soc__",
        f"{prefix}_{id_}_",
        f"{prefix}_{id_}_{secret[:-1]}",
        f"x_{id_}_{secret}",
        "\ud800",
        token + "0" * 200,
    ):
        assert tokens.verify(wrong) is None, wrong


def test_a_revoked_token_is_dead_and_listed_as_such(tokens, clock):
    id_ = tokens.issue("siem", "export", 1).split("_")[1]
    tokens.revoke("siem", id_)
    now = clock.now()
    assert tokens.of_user("siem") == [Token(id_, "export", now, now + instant.DAY, revoked=True)]
    with pytest.raises(ConfigurationError, match="no living token"):
        tokens.revoke("siem", id_)


def test_the_file_holds_no_secret(tokens, tmp_path):
    secret = tokens.issue("siem", "export", 30).split("_")[2]
    for path in tmp_path.glob("workspace.db*"):
        assert secret.encode() not in path.read_bytes()


@pytest.mark.parametrize("days", [0, -1, 10_000])
def test_a_token_for_ever_is_refused(tokens, days):
    with pytest.raises(ConfigurationError, match="a token lives"):
        tokens.issue("siem", "export", days)
