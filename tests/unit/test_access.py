"""The token is read again in time, whatever the wall clock does."""

import asyncio

import pytest
from kubernetes.aio.client import Configuration
from kubernetes.aio.config import ConfigException

from monitoring_operator.access import FreshToken, keep_fresh, refuse


class Tokens:
    """What a kubelet writes."""

    def __init__(self) -> None:
        self.now = 0.0
        self.current = "first"
        self.readable = True

    async def load(self, configuration: Configuration) -> None:
        """Fill a configuration."""
        if not self.readable:
            raise ConfigException("gone")
        configuration.api_key["BearerToken"] = f"Bearer {self.current}"


@pytest.fixture
def tokens() -> Tokens:
    """One token, to be replaced."""
    return Tokens()


@pytest.fixture
def configuration(tokens: Tokens) -> Configuration:
    """A configuration that has read its token."""
    configured = Configuration()
    configured.api_key["BearerToken"] = "Bearer first"
    keep_fresh(configured, FreshToken(tokens.load, clock=lambda: tokens.now))
    return configured


def token(configuration: Configuration) -> str | None:
    """What the next request would carry."""
    return asyncio.run(configuration.get_api_key_with_prefix("BearerToken"))


def test_it_is_read_again_after_a_minute(configuration: Configuration, tokens: Tokens) -> None:
    """Not for every request, and not only when it has expired."""
    tokens.current = "second"
    tokens.now = 59.0
    early = token(configuration)
    tokens.now = 60.0

    assert ("Bearer first", "Bearer second") == (early, token(configuration))


def test_it_is_read_again_when_it_was_refused(configuration: Configuration, tokens: Tokens) -> None:
    """Within a second, but not in a storm of refusals."""
    tokens.current = "second"
    refuse(configuration)
    tokens.now = 0.5
    early = token(configuration)
    tokens.now = 1.0

    assert ("Bearer first", "Bearer second") == (early, token(configuration))


def test_one_that_cannot_be_read_leaves_the_old_one(configuration: Configuration, tokens: Tokens) -> None:
    """A file that is just being replaced is no reason to have no token at all."""
    tokens.readable = False
    tokens.now = 61.0

    assert "Bearer first" == token(configuration)
