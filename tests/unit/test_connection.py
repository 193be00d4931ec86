"""Where the cluster is found, who we are there, and a token that is fresh whatever the wall clock does."""

import asyncio
import json
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from monitoring_operator.cluster import Connection, NoCluster, locate
from monitoring_operator.cluster.connection import FreshToken

SERVER = "https://api.example.com:6443"
SECRET = "s3cr3t"


class Tokens:
    """What a kubelet writes."""

    def __init__(self) -> None:
        self.now = 0.0
        self.current = "first"
        self.readable = True

    async def load(self) -> str:
        """The token of the moment."""
        if not self.readable:
            raise OSError("gone")
        return self.current


@pytest.fixture
def tokens() -> Tokens:
    """One token, to be replaced."""
    return Tokens()


@pytest.fixture
def token(tokens: Tokens) -> FreshToken:
    """A reader of it that has read the first."""
    fresh = FreshToken(tokens.load, clock=lambda: tokens.now)
    assert "first" == asyncio.run(fresh.get())
    return fresh


def test_it_is_read_again_after_a_minute(token: FreshToken, tokens: Tokens) -> None:
    """Not for every request, and not only when it has expired."""
    tokens.current = "second"
    tokens.now = 59.0
    early = asyncio.run(token.get())
    tokens.now = 60.0

    assert ("first", "second") == (early, asyncio.run(token.get()))


def test_it_is_read_again_when_it_was_refused(token: FreshToken, tokens: Tokens) -> None:
    """Within a second, but not in a storm of refusals."""
    tokens.current = "second"
    token.refuse()
    tokens.now = 0.5
    early = asyncio.run(token.get())
    tokens.now = 1.0

    assert ("first", "second") == (early, asyncio.run(token.get()))


def test_one_that_cannot_be_read_leaves_the_old_one(token: FreshToken, tokens: Tokens) -> None:
    """A file that is just being replaced is no reason to have no token at all."""
    tokens.readable = False
    tokens.now = 61.0

    assert "first" == asyncio.run(token.get())


def kubeconfig(folder: Path, cluster: dict[str, Any] | None = None) -> str:
    """A kubeconfig with one context, `main`."""
    content = {
        "current-context": "main",
        "clusters": [{"name": "c", "cluster": {"server": SERVER, **(cluster or {})}}],
        "users": [{"name": "u", "user": {"token": SECRET}}],
        "contexts": [{"name": "main", "context": {"cluster": "c", "user": "u"}}],
    }
    (folder / "config").write_text(yaml.safe_dump(content))
    return str(folder / "config")


def test_a_named_kubeconfig_says_where_and_who(tmp_path: Path) -> None:
    """Server and token of the current context; the token is not shown by accident."""

    async def play() -> tuple[Connection, str]:
        found = await locate(kubeconfig(tmp_path, {"tls-server-name": "inner.example.com"}))
        return found, await found.token.get()

    found, token = asyncio.run(play())

    assert (SERVER, SECRET, "inner.example.com") == (found.server, token, found.server_name)
    assert SECRET not in repr(found)


@pytest.mark.parametrize("named", ["missing", "missing:also-missing"])
def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether KUBECONFIG names it or it is looked for at home, and without a word of what is missing in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", named)
    with pytest.raises(NoCluster, match=f"^there is no kubeconfig {named}$"):
        asyncio.run(locate())
    monkeypatch.delenv("KUBECONFIG")
    with pytest.raises(NoCluster, match=r"^there is no kubeconfig ~/\.kube/config$"):
        asyncio.run(locate())


@pytest.mark.parametrize("text", ["{", f"token: {SECRET}", f"[{SECRET}]", f'{{"current-context": "x", "contexts": ["{SECRET}"]}}'])
def test_what_is_no_kubeconfig_is_not_quoted(tmp_path: Path, text: str) -> None:
    """Its words may be credentials."""
    (tmp_path / "config").write_text(text)

    with pytest.raises(NoCluster) as caught:
        asyncio.run(locate(str(tmp_path / "config")))
    assert SECRET not in str(caught.value)


def test_a_pod_is_recognised_by_its_service_account_and_needs_no_client(tmp_path: Path) -> None:
    """Environment and files as the kubelet gives them; a numeric IPv6 address is bracketed. The official client is not even imported."""
    (tmp_path / "token").write_text(f"{SECRET}\n")
    authority = ssl.create_default_context().get_ca_certs(binary_form=True)[0]
    (tmp_path / "ca.crt").write_text(ssl.DER_cert_to_PEM_cert(authority))
    program = f"""
import asyncio, json, sys
from pathlib import Path
import monitoring_operator.cli.run
from monitoring_operator.cluster import kubeconfig
kubeconfig.SERVICE_ACCOUNT = Path({str(tmp_path)!r})

async def play():
    found = await kubeconfig.locate()
    return found.server, await found.token.get(), "kubernetes" in sys.modules

print(json.dumps(asyncio.run(play())))
"""
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    printed = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout

    assert ["https://[fd00::1]:443", SECRET, False] == json.loads(printed)


def test_every_request_of_a_session_carries_the_token_of_the_moment() -> None:
    """So that no connection has to be given up for a new one; a refusal is told to whoever keeps the token."""

    class Rotating:
        """Another one for each request."""

        refusals = 0

        def __init__(self) -> None:
            self._next = iter(["one", "two"])

        async def get(self) -> str:
            return next(self._next)

        def refuse(self) -> None:
            self.refusals += 1

    seen: list[str] = []
    rotating = Rotating()

    async def handler(request: web.Request) -> web.Response:
        seen.append(f"{request.headers['Authorization']} {request.headers['X-Path']}")
        return web.Response(status=200 if len(seen) == 1 else 401)

    async def mark(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        request.headers["X-Path"] = request.url.path
        return await send(request)

    async def play() -> None:
        app = web.Application()
        app.router.add_get("/{name}", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with Connection(f"http://{host}:{port}", token=rotating).session(0, mark) as session:
            for name in ("a", "b"):
                async with session.get(f"http://{host}:{port}/{name}"):
                    pass
        await runner.cleanup()

    asyncio.run(play())
    assert (["Bearer one /a", "Bearer two /b"], 1) == (seen, rotating.refusals)
