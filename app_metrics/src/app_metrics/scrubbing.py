"""Takes secrets and personal data out of what goes to Sentry: one pure function for errors, transactions, spans and logs alike.

Two nets, because each has holes: names (the value of a field called `password` goes, whatever it is) and shapes (a bearer token
goes, wherever it stands). Requests keep their method and path and nothing else. Standard library only.
"""

import re
from collections.abc import Mapping
from typing import Any

FILTERED = "[Filtered]"

_SENSITIVE_NAME = re.compile(
    r"auth|token|secret|passw|pwd|api[_-]?key|access[_-]?key|private[_-]?key|credential|cookie|session|jwt|csrf|xsrf|sso|saml|bearer"
    r"|e-?mail|phone|\bssn\b|card|iban|birth|forwarded|real[_-]ip|remote[_-]addr|ip[_-]address|client[_-]ip|argv|user[_-]agent"
    r"|query[_-]?(string|params)|(http|url)\.(query|fragment)|(http|url)\.(request|response)\.(body|header)|\bbody\b|\bdsn\b"
    # A log record's arguments stand beside its text, torn from the words that would tell what they are.
    r"|^params$|message\.parameter",
    re.IGNORECASE,
)
_STRUCTURE = frozenset(
    {"event_id", "timestamp", "start_timestamp", "end_timestamp", "received", "trace_id", "span_id", "parent_span_id",
     "session_id", "profiler_id", "sdk", "modules", "type", "platform", "release", "dist", "environment", "level", "status", "op",
     "origin", "transaction_info", "measurements"}
)  # fmt: skip
"""Fields whose values Sentry itself made; they are kept as they are."""

_SHAPES = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), FILTERED),
    (re.compile(r"\b(?:bearer|basic|token)\s+[\w.~+/=-]{6,}", re.IGNORECASE), FILTERED),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"), FILTERED),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|\b(?:sk|pk|rk|ghp|gho|ghs|xox[abps]|glpat)[-_][\w-]{8,}|\bAIza[\w-]{20,}"), FILTERED),
    (re.compile(r"(?<=://)[^/@\s\"']+@"), FILTERED + "@"),
    (re.compile(r"(?<=[\w/])\?[^\s\"'<>]*=[^\s\"'<>]*"), "?" + FILTERED),
    (
        re.compile(
            r"""(["']?[\w.-]*(?:token|secret|passw(?:or)?d|pwd|api[_-]?key|access[_-]?key|authorization|cookie|credential|session)[\w.-]*["']?\s*[=:]\s*)"""
            r"""("[^"]*"|'[^']*'|[^\s,;&)}\]]+)""",
            re.IGNORECASE,
        ),
        r"\1" + FILTERED,
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), FILTERED),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"), FILTERED),
    (re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w.-])"), FILTERED),
)
_SQL_LITERAL = re.compile(r"'(?:[^']|'')*'")
_QUERY_OPS = ("db", "sql")


def scrub_text(text: str) -> str:
    """`text` with everything of a telling shape replaced: keys, tokens, query strings, mail and IP addresses, card numbers."""
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return text


def scrub(value: Any, *, name: str = "") -> Any:
    """A copy of a JSON-shaped `value` without secrets; `name` is the field it stands in."""
    if name in _STRUCTURE and not isinstance(value, Mapping | list | tuple):
        return value
    if isinstance(value, Mapping):
        return {key: _scrub_field(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [scrub(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    if hasattr(value, "metadata") and hasattr(value, "value"):  # the SDK's wrapper for values that it has shortened
        return scrub(value.value, name=name)
    # Text, or an object whose repr Sentry's serializer would write: better made, and looked at, here.
    return scrub_text(str(value))


def _scrub_field(key: str, value: Any) -> Any:
    if key == "request" and isinstance(value, Mapping):
        return _scrub_request(value)
    if key == "user" and isinstance(value, Mapping):
        return {name: inner for name, inner in value.items() if name == "id"}
    if key == "vars":
        return {}
    if key == "spans" and isinstance(value, list):
        return [scrub_span(span) if isinstance(span, Mapping) else span for span in value]
    if _SENSITIVE_NAME.search(key) and key not in _STRUCTURE and value is not None:
        # A streamed span's or log's attribute is wrapped in its type, which must stay.
        return {**value, "value": FILTERED, "type": "string"} if isinstance(value, Mapping) and "value" in value else FILTERED
    return scrub(value, name=key)


def _scrub_request(request: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: request[name] for name in ("method", "api_target") if name in request}
    if isinstance(request.get("url"), str):
        kept["url"] = scrub_text(request["url"].split("?", 1)[0].split("#", 1)[0])
    return kept


def scrub_span(span: Mapping[str, Any]) -> dict[str, Any]:
    """A transaction's span or a streamed one; literals in a query's text go as well."""
    cleaned: dict[str, Any] = scrub(span)
    operation = span.get("op") or (span.get("attributes") or {}).get("sentry.op", "")
    if str(operation).startswith(_QUERY_OPS):
        for field in ("description", "name"):
            if isinstance(cleaned.get(field), str):
                cleaned[field] = _SQL_LITERAL.sub("'?'", cleaned[field])
    return cleaned
