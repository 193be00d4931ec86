"""The fields of an Alertmanager configuration that every supported prometheus-operator accepts.

prometheus-operator decodes the configuration strictly into structs of its own: one field that they lack, though Alertmanager
knows it, and nobody's change takes effect any more. amtool does not notice. A newer version accepts more, never less, so the
oldest supported one decides.
"""

from collections.abc import Iterator
from typing import Any

# From the yaml tags of pkg/alertmanager/types.go in prometheus-operator v0.85.0; the receivers that we write, and what is around them.
_FIELDS = {
    "config": "global route inhibit_rules receivers mute_time_intervals time_intervals templates",
    "route": "receiver group_by match match_re matchers continue routes group_wait group_interval repeat_interval "
    "mute_time_intervals active_time_intervals",
    "inhibit_rule": "target_match target_match_re target_matchers source_match source_match_re source_matchers equal",
    "receiver": "name pagerduty_configs slack_configs",
    "pagerduty": "send_resolved http_config service_key service_key_file routing_key routing_key_file url client client_url "
    "description details images links severity class component group source",
    "pagerduty_link": "href text",
    "slack": "send_resolved http_config api_url api_url_file channel username color title title_link pretext text fields short_fields "
    "footer fallback callback_id icon_emoji icon_url image_url thumb_url link_names mrkdwn_in actions",
    "http": "authorization basic_auth oauth2 bearer_token bearer_token_file tls_config follow_redirects enable_http2 proxy_url "
    "no_proxy proxy_from_environment proxy_connect_header",
    "authorization": "type credentials credentials_file",
}
ACCEPTED = {struct: frozenset(fields.split()) for struct, fields in _FIELDS.items()}

_INNER = {
    ("config", "route"): "route",
    ("config", "inhibit_rules"): "inhibit_rule",
    ("config", "receivers"): "receiver",
    ("route", "routes"): "route",
    ("receiver", "pagerduty_configs"): "pagerduty",
    ("receiver", "slack_configs"): "slack",
    ("pagerduty", "http_config"): "http",
    ("pagerduty", "links"): "pagerduty_link",
    ("slack", "http_config"): "http",
    ("http", "authorization"): "authorization",
}
_ANY_KEYS = {("pagerduty", "details")}


def refused(value: Any, struct: str, path: str) -> Iterator[str]:
    """Paths, starting with `path`, of fields that prometheus-operator's `struct` lacks, or that we never write and thus do not know."""
    if isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from refused(inner, struct, f"{path}[{index}]")
    elif isinstance(value, dict):
        for field, inner in value.items():
            below = f"{path}.{field}"
            if field not in ACCEPTED[struct]:
                yield below
            elif (struct, field) in _INNER:
                yield from refused(inner, _INNER[struct, field], below)
            elif isinstance(inner, dict) and (struct, field) not in _ANY_KEYS:
                yield below
