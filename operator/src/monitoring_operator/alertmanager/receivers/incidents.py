"""PagerDuty, Opsgenie, Splunk On-Call and Amazon SNS: those that page."""

from monitoring_operator.alertmanager import messages
from monitoring_operator.alertmanager.receivers.entry import Entry, literal
from monitoring_operator.api.receivers import Opsgenie, OpsgenieResponder, PagerDuty, Sns, VictorOps


def pagerduty(wanted: PagerDuty) -> Entry:
    """PagerDuty, through either version of its Events API."""
    if wanted.routing_key is not None:
        field, credential = "routing_key", wanted.routing_key
    else:
        assert wanted.service_key is not None, "the model demands one of the two keys"
        field, credential = "service_key", wanted.service_key
    address = {"url": wanted.url} if wanted.url else {}
    return Entry(
        "pagerduty_configs",
        {field: credential},
        lambda files: {**messages.PAGERDUTY, **address, f"{field}_file": files[field], "send_resolved": wanted.send_resolved},
    )


def opsgenie(wanted: Opsgenie) -> Entry:
    """Opsgenie."""
    extra = {"api_url": wanted.api_url} if wanted.api_url else {}
    responders = {"responders": [_responder(r) for r in wanted.responders]} if wanted.responders else {}
    return Entry(
        "opsgenie_configs",
        {"api_key": wanted.api_key},
        lambda files: {
            **messages.OPSGENIE,
            **extra,
            **responders,
            "api_key_file": files["api_key"],
            "send_resolved": wanted.send_resolved,
        },
    )


def _responder(responder: OpsgenieResponder) -> dict[str, str]:
    return {"type": responder.type, "username" if responder.type == "user" else "name": literal(responder.name)}


def victorops(wanted: VictorOps) -> Entry:
    """Splunk On-Call."""
    return Entry(
        "victorops_configs",
        {"api_key": wanted.api_key},
        lambda files: {
            **messages.VICTOROPS,
            "api_key_file": files["api_key"],
            "routing_key": wanted.routing_key,
            "send_resolved": wanted.send_resolved,
        },
    )


def sns(wanted: Sns) -> Entry:
    """Amazon SNS, which needs no credential: Alertmanager's pod has the right, or it has none."""
    role = {"role_arn": wanted.role_arn} if wanted.role_arn else {}
    return Entry(
        "sns_configs",
        {},
        lambda _: {
            **messages.SNS,
            "topic_arn": wanted.topic_arn,
            "sigv4": {"region": wanted.region, **role},
            "send_resolved": wanted.send_resolved,
        },
    )
