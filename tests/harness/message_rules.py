"""What services that Alertmanager sends to demand of a message: each function names what the real one would refuse it for."""

import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from harness.stand_in import webhook_problems

_TEAMS_CARD = "application/vnd.microsoft.card.adaptive"
_OPSGENIE_MESSAGE, _OPSGENIE_ALIAS, _OPSGENIE_DESCRIPTION = 130, 512, 15_000
_VICTOROPS_MESSAGE = 20_480
_TELEGRAM_TEXT = 4096
_TELEGRAM_TAGS = frozenset({"b", "strong", "i", "em", "u", "s", "a", "code", "pre"})
_WEBEX_MARKDOWN = 7439


def _text(body: Mapping[str, Any], field: str, longest: int) -> Iterator[str]:
    value = body.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        yield f"'{field}' must be text of 1 to {longest} characters"


def msteams(body: Any) -> Iterator[str]:
    """A Teams workflow: a message with one adaptive card."""
    if body.get("type") != "message" or len(body.get("attachments") or ()) != 1:
        yield "not a message with one attachment"
        return
    (attachment,) = body["attachments"]
    card = attachment.get("content") or {}
    if attachment.get("contentType") != _TEAMS_CARD or card.get("type") != "AdaptiveCard" or not card.get("version"):
        yield "not an adaptive card"
    if not card.get("body") or any(not block.get("text") for block in card["body"]):
        yield "the card has an empty block"


def opsgenie(body: Any) -> Iterator[str]:
    """Opsgenie's create request."""
    yield from _text(body, "message", _OPSGENIE_MESSAGE)
    yield from _text(body, "alias", _OPSGENIE_ALIAS)
    yield from _text(body, "description", _OPSGENIE_DESCRIPTION)
    if body.get("priority") not in {"P1", "P2", "P3", "P4", "P5"}:
        yield "'priority' must be P1 to P5"
    if not all(isinstance(value, str) for value in (body.get("details") or {}).values()):
        yield "'details' must be text by text"
    for responder in body.get("responders") or ():
        if responder.get("type") not in {"team", "user", "escalation", "schedule"}:
            yield "a responder has no type"


def victorops(body: Any) -> Iterator[str]:
    """The REST endpoint of Splunk On-Call."""
    if body.get("message_type") not in {"CRITICAL", "WARNING", "ACKNOWLEDGEMENT", "INFO", "RECOVERY"}:
        yield "'message_type' is unknown"
    yield from _text(body, "entity_id", 512)
    yield from _text(body, "state_message", _VICTOROPS_MESSAGE)


class _Tags(HTMLParser):
    """Finds the tags that Telegram does not know, and those that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag begins."""
        self.open.append(tag)
        if tag not in _TELEGRAM_TAGS or (tag == "a" and not re.match(r"https?://", dict(attrs).get("href") or "")):
            self.wrong.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """The last one ends, or the text is refused."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")


def telegram(body: Any) -> Iterator[str]:
    """Telegram's sendMessage."""
    if not re.fullmatch(r"-?\d+", str(body.get("chat_id", ""))):
        yield "chat not found"
    yield from _text(body, "text", _TELEGRAM_TEXT)
    if body.get("parse_mode") != "HTML":
        yield "the text is HTML and must say so"
    tags = _Tags()
    tags.feed(str(body.get("text")))
    if tags.wrong or tags.open:
        yield f"can't parse entities: {tags.wrong or tags.open}"


def webex(body: Any) -> Iterator[str]:
    """Webex's create message."""
    if not body.get("roomId"):
        yield "'roomId' is missing"
    yield from _text(body, "markdown", _WEBEX_MARKDOWN)


RULES: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "webhook": webhook_problems,
    "msteams": msteams,
    "opsgenie": opsgenie,
    "victorops": victorops,
    "telegram": telegram,
    "webex": webex,
}
"""By the kind of receiver, as `harness.notifications.every_kind` names them."""
