"""Error tracking, looked at where it leaves the process: in the envelopes that a transport is given."""

import asyncio
import json
import logging
import os
import subprocess
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sentry_sdk
import sentry_sdk.logger
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from app_metrics import (
    add_breadcrumb,
    capture_exception,
    capture_message,
    init_sentry,
    sentry,
    set_tenant_context,
    start_span,
    start_transaction,
)
from app_metrics.scrubbing import FILTERED, scrub

DSN = "https://public@sentry.invalid/1"


class APIError(Exception):
    """The example's."""


class Captured(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """One envelope."""
        self.envelopes.append(envelope)

    def items(self, kind: str) -> list[dict[str, Any]]:
        """All items of a type, as parsed JSON."""
        sentry_sdk.flush()
        found = [item for envelope in self.envelopes for item in envelope.items if item.type == kind]
        return [json.loads(item.payload.get_bytes()) for item in found]

    def text(self) -> str:
        """Everything that would be sent."""
        sentry_sdk.flush()
        return b"".join(envelope.serialize() for envelope in self.envelopes).decode()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Captured]]:
    """Starts error tracking into a list; everything is off again afterwards."""
    for variable in ("SENTRY_DSN", "SENTRY_TRACES_SAMPLE_RATE", "SENTRY_PROFILES_SAMPLE_RATE", "APP_VERSION", "ENVIRONMENT"):
        monkeypatch.delenv(variable, raising=False)

    def start(**options: Any) -> Captured:
        transport = Captured()
        sentry_sdk.get_isolation_scope().clear()
        sentry_sdk.get_global_scope().clear()
        with warnings.catch_warnings(action="error"):
            assert init_sentry(DSN, transport=transport, **options)
        return transport

    yield start
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    sentry_sdk.get_isolation_scope().clear()
    monkeypatch.setattr(sentry, "_sdk", None)


def test_example_of_the_requirements(start: Callable[..., Captured]) -> None:
    """Tenant, breadcrumb, exception and message, in the forms that the requirements show."""
    sent = start()

    def fetch_data() -> None:
        raise APIError("no data")

    tenant_id, user_id = "acme", "u1"
    # Set context (in middleware)
    set_tenant_context(tenant_id, user_id)

    # Add breadcrumb for debugging
    add_breadcrumb("ga4", "Fetching analytics data", property_id="123", date_range="last_7_days")

    # Manual exception capture
    with pytest.raises(APIError):  # noqa: PT012 - the requirements' form
        try:
            fetch_data()
        except APIError as e:
            capture_exception(e, operation="fetch_analytics", tenant_id=tenant_id)
            raise

    # Message capture
    capture_message("GA4 quota threshold exceeded", level="warning", quota_usage=0.95)

    error, message = sent.items("event")
    assert "APIError" == error["exception"]["values"][0]["type"]
    assert ({"tenant_id": "acme"}, {"id": "u1"}) == (error["tags"], error["user"])
    assert {"operation": "fetch_analytics"} == error["contexts"]["details"]
    crumb = error["breadcrumbs"]["values"][0]
    assert ("ga4", "Fetching analytics data") == (crumb["category"], crumb["message"])
    assert {"property_id": "123", "date_range": "last_7_days"} == crumb["data"]
    assert ("GA4 quota threshold exceeded", "warning") == (message["message"], message["level"])
    assert {"quota_usage": 0.95} == message["contexts"]["details"]


def test_example_of_initialization_and_automatic_capture(
    start: Callable[..., Captured], serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started from a start-up handler, after the application was built: what nobody catches is reported with its route."""
    sent = Captured()
    monkeypatch.setenv("SENTRY_DSN", DSN)
    monkeypatch.setattr("sentry_sdk.client.make_transport", lambda _: sent)

    # In main.py
    app = FastAPI()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # FastAPI would rather have a lifespan handler

        @app.on_event("startup")
        async def startup() -> None:
            init_sentry()

    async def risky_operation() -> None:
        raise APIError("no data")

    # Unhandled exceptions are automatically captured
    @app.get("/analytics/{report}")
    async def process_analytics(report: str) -> None:
        await risky_operation()  # Errors auto-captured

    with serve(app) as url:
        assert 500 == httpx.get(f"{url}/analytics/daily").status_code

    assert [("APIError", "/analytics/{report}")] == [
        (event["exception"]["values"][-1]["type"], event["transaction"]) for event in sent.items("event") if "exception" in event
    ]


@pytest.mark.parametrize("lifecycle", ["static", "stream"])
def test_example_of_tracing(lifecycle: str, start: Callable[..., Captured]) -> None:
    """The requirements' transaction with its two spans, in both of the SDK's modes, without a deprecation."""
    sent = start(traces_sample_rate=1.0, trace_lifecycle=lifecycle)

    async def embed(texts: list[str]) -> list[str]:
        return texts

    async def example(texts: list[str]) -> None:
        with start_transaction("generate_embeddings", op="task"):
            with start_span("openai.embed", "Call OpenAI API"):
                embeddings = await embed(texts)

            with start_span("db.insert", "Store embeddings"):
                await embed(embeddings)

    asyncio.run(example(["a"]))

    if lifecycle == "static":
        (transaction,) = sent.items("transaction")
        assert ("generate_embeddings", "task") == (transaction["transaction"], transaction["contexts"]["trace"]["op"])
        assert [("openai.embed", "Call OpenAI API"), ("db.insert", "Store embeddings")] == [
            (span["op"], span["description"]) for span in transaction["spans"]
        ]
    else:
        spans = [span for item in sent.items("span") for span in item["items"]]
        assert ["Call OpenAI API", "Store embeddings", "generate_embeddings"] == sorted(span["name"] for span in spans)
        assert 1 == len({span["trace_id"] for span in spans})


def test_transaction_inside_another_is_a_span_of_it(start: Callable[..., Captured]) -> None:
    """A second, unlinked transaction would tear the request's trace apart; `force` is for those who mean it."""
    sent = start(traces_sample_rate=1.0)
    with start_transaction("request"):
        with start_transaction("embed"):
            pass
        with start_transaction("apart", force=True):
            pass

    assert ["apart", "request"] == [transaction["transaction"] for transaction in sent.items("transaction")]
    assert ["embed"] == [span["description"] for span in sent.items("transaction")[1]["spans"]]


def test_configuration_from_the_environment(start: Callable[..., Captured], monkeypatch: pytest.MonkeyPatch) -> None:
    """The five variables of the requirements."""
    for name, value in {
        "SENTRY_TRACES_SAMPLE_RATE": "0.25",
        "SENTRY_PROFILES_SAMPLE_RATE": "0.5",
        "APP_VERSION": "v1.2.3",
        "ENVIRONMENT": "staging",
    }.items():
        monkeypatch.setenv(name, value)
    sent = start()
    capture_message("hello")

    options = sentry_sdk.get_client().options
    assert (0.25, 0.5, "trace") == (options["traces_sample_rate"], options["profile_session_sample_rate"], options["profile_lifecycle"])
    assert ("v1.2.3", "staging") == (sent.items("event")[0]["release"], sent.items("event")[0]["environment"])


@pytest.mark.parametrize(("text", "logged"), [("0", 0), ("", 0), ("ten percent", 1), ("7", 1), ("nan", 1)])
def test_sample_rate_that_is_off_or_wrong(
    text: str, logged: int, start: Callable[..., Captured], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Tracing is then off entirely; a wrong value is named, once, with its variable."""
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", text)
    start()

    assert sentry_sdk.get_client().options["traces_sample_rate"] is None
    assert logged == len(
        [message for message in caplog.messages if message.startswith("SENTRY_TRACES_SAMPLE_RATE must be a number from 0 to 1")]
    )


def test_bad_dsn_does_not_keep_the_application_from_starting(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged without the DSN, which is a credential."""
    assert not init_sentry("not-a-dsn-but-secret")

    assert ["error tracking is off: sentry-sdk refused its options (BadDsn)"] == caplog.messages


def test_missing_sdk_is_said_and_the_application_runs(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)

    assert not init_sentry(DSN)
    assert ["SENTRY_DSN is set, but sentry-sdk is not installed: pip install 'app-metrics[sentry]'"] == caplog.messages


def test_sdk_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Tracking is there for the application and not the other way round: every function returns, and the log says what was lost."""
    monkeypatch.setattr(sentry, "_sdk", types.ModuleType("broken"))

    set_tenant_context("acme", "u1")
    add_breadcrumb("ga4", "message")
    sent = [capture_exception(ValueError()), capture_message("hello")]
    with start_transaction("task") as transaction, start_span("op", "description") as span:
        transaction.set_tag("a", "b")
        span.finish()

    assert [None, None] == sent
    assert 6 == len(caplog.messages)


def test_without_a_dsn_nothing_happens() -> None:
    """No import of the SDK, no socket, every call form works, at most half a microsecond for a call."""
    code = """
import sys, timeit, app_metrics as a, os
os.environ.pop("SENTRY_DSN", None)
assert a.init_sentry() is False
a.set_tenant_context("t", "u"); a.capture_exception(ValueError(), operation="x"); a.capture_message("m", level="warning", quota_usage=0.95)
with a.start_transaction("n", op="task") as t:
    t.set_tag("a", "b")
    with a.start_span("openai.embed", "Call") as s: s.set_data("a", 1)
assert "sentry_sdk" not in sys.modules
calls = [
    lambda: a.add_breadcrumb("ga4", "m", property_id="123"),
    lambda: a.capture_message("m", level="warning"),
    lambda: a.start_span("op", "d"),
]
print(max(min(timeit.repeat(call, number=20000, repeat=7)) / 20000 for call in calls))
"""
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=untraced)

    assert 0.5e-6 > float(result.stdout)


SECRETS = [f"planted{number:02d}xyz" for number in range(32)]


@pytest.mark.parametrize("lifecycle", ["static", "stream"])
def test_planted_secrets_stay_here(lifecycle: str, start: Callable[..., Captured]) -> None:
    """Over all kinds of items (errors, transactions, spans, logs, metrics, breadcrumbs) and all places where secrets hide."""
    secret = iter(SECRETS)
    sent = start(traces_sample_rate=1.0, trace_lifecycle=lifecycle, enable_logs=True)
    app = FastAPI()

    @app.post("/pay")
    async def pay(request: Request) -> None:
        password = next(secret)
        await request.body()
        set_tenant_context("acme", "u1")
        add_breadcrumb("auth", f"login with password={next(secret)}", token=next(secret), nested={"api_key": next(secret)})
        logging.getLogger("shop").error("charge failed for %s with Bearer %s", f"{next(secret)}@example.com", next(secret))
        sentry_sdk.logger.error("retry with secret={value}", value=next(secret), attributes={"user.email": f"{next(secret)}@example.com"})
        with start_span("db.query", f"SELECT 1 FROM t WHERE name = '{next(secret)}'") as span:
            attach = span.set_attribute if lifecycle == "stream" else span.set_data
            attach("http.query", f"token={next(secret)}")
            attach("authorization", f"Basic {next(secret)}")
            attach("url.full", f"https://user:{next(secret)}@host.invalid/p?key={next(secret)}")
        capture_message(f"callback https://host.invalid/cb?code={next(secret)}", session=next(secret), note=f"api_key: {next(secret)}")
        capture_exception(ValueError(f"dsn postgres://app:{next(secret)}@db.invalid/x"), credentials={"a": [next(secret)]})
        sentry_sdk.set_extra("form", {"passwd": next(secret), "text": f"jwt eyJhbGciOi{next(secret)}.e30.x"})
        sentry_sdk.set_context("billing", {"card_number": next(secret), "phone": next(secret)})
        sentry_sdk.metrics.count("orders", 1, attributes={"session_token": next(secret)})
        raise RuntimeError(f"Authorization: Bearer {next(secret)} {len(password)}")

    async def request() -> None:
        url = f"/pay?token={next(secret)}&q={next(secret)}"
        headers = {
            "authorization": f"Bearer {next(secret)}",
            "cookie": f"sid={next(secret)}",
            "x-forwarded-for": f"10.0.0.1, {next(secret)}",
            "x-custom": next(secret),
            "user-agent": next(secret),
        }
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test.invalid") as client:
            await client.post(url, headers=headers, content=json.dumps({"password": next(secret)}))

    asyncio.run(request())
    sentry_sdk.get_client().flush()
    text = sent.text()

    assert [] == list(secret), "every secret was planted"
    assert "RuntimeError" == sent.items("event")[-1]["exception"]["values"][0]["type"]
    assert [] == [planted for planted in SECRETS if planted in text]
    assert 4 == len(sent.items("event"))
    assert sent.items("log")
    assert sent.items("trace_metric")
    assert sent.items("span") if lifecycle == "stream" else sent.items("transaction")
    assert {"id": "u1"} == sent.items("event")[-1]["user"]
    assert "http://test.invalid/pay" == sent.items("event")[-1]["request"]["url"]


def test_tenants_of_concurrent_requests_do_not_mix(start: Callable[..., Captured]) -> None:
    """Each request has its own isolation scope; tasks that it starts inherit it."""
    sent = start()
    app = FastAPI()

    @app.get("/{tenant}")
    async def report(tenant: str) -> None:
        set_tenant_context(tenant)
        await asyncio.sleep(0.01)

        async def child() -> None:
            capture_message(f"of {tenant}")

        await asyncio.create_task(child())

    async def requests() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test.invalid") as client:
            await asyncio.gather(*(client.get(f"/tenant{number}") for number in range(10)))

    asyncio.run(requests())

    assert [True] * 10 == [f"of {event['tags']['tenant_id']}" == event["message"] for event in sent.items("event")]


def test_hooks_of_the_application_run_first_and_may_drop(start: Callable[..., Captured]) -> None:
    """What they add is scrubbed like everything else."""

    def before_send(event: Any, hint: Any) -> Any:
        return None if event.get("message") == "drop me" else event | {"extra": {"password": SECRETS[0]}}

    sent = start(before_send=before_send)
    capture_message("drop me")
    capture_message("keep me")

    assert ["keep me"] == [event["message"] for event in sent.items("event")]
    assert {"password": FILTERED} == sent.items("event")[0]["extra"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.sampled_from(["password", "X-Api-Key", "sessionToken", "authorization", "user_email", "query_string"]))
def test_named_fields_are_filtered_at_any_depth(value: Any, name: str) -> None:
    """Whatever stands around them, and the rest keeps its shape."""
    cleaned = scrub({"a": [{"b": {name: "the secret", "other": value}}]})

    assert FILTERED == cleaned["a"][0]["b"][name]
    assert "the secret" not in json.dumps(cleaned)


def test_ordinary_text_is_left_alone() -> None:
    """A scrubber that eats everything would be of no use."""
    text = "GET /v1/tenants/acme/report took 1.25 s for 3 of 200 rows (v1.2.3), is it slow? see run 2026-11-23"

    assert text == scrub(text)
