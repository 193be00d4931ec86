"""Webhook and e-mail: to an address of the user's own."""

from collections.abc import Mapping
from typing import Any

from monitoring_operator.alertmanager import messages
from monitoring_operator.alertmanager.receivers.entry import Entry, bearer
from monitoring_operator.api.receivers import Email, Webhook


def webhook(wanted: Webhook) -> Entry:
    """Alertmanager's own JSON, which holds all labels and annotations."""
    password = wanted.basic_auth.password if wanted.basic_auth else None
    credentials = {"url": wanted.url_from, "authorization": wanted.authorization, "password": password}

    def config(files: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {"max_alerts": wanted.max_alerts, "send_resolved": wanted.send_resolved}
        made |= {"url": wanted.url} if wanted.url is not None else {"url_file": files["url"]}
        if wanted.authorization is not None:
            made |= bearer(files["authorization"])
        if wanted.basic_auth is not None:
            made["http_config"] = {"basic_auth": {"username": wanted.basic_auth.username, "password_file": files["password"]}}
        return made

    return Entry("webhook_configs", {name: source for name, source in credentials.items() if source is not None}, config)


def email(wanted: Email) -> Entry:
    """E-mail."""

    def config(files: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {
            **messages.EMAIL,
            "to": ", ".join(wanted.to),
            "from": wanted.from_,
            "smarthost": wanted.smarthost,
            "require_tls": wanted.require_tls,
            "send_resolved": wanted.send_resolved,
        }
        if wanted.hello is not None:
            made["hello"] = wanted.hello
        if wanted.auth is not None:
            made |= {"auth_username": wanted.auth.username, "auth_password_file": files["password"]}
        return made

    return Entry("email_configs", {"password": wanted.auth.password} if wanted.auth else {}, config)
