"""The whole CustomResourceDefinition: names, columns, status, and the rules that need the content's names."""

from typing import Any

import yaml

from monitoring_operator.api import names
from monitoring_operator.api.profile import NAME_LIMIT, ProfileSpec
from monitoring_operator.api.status import ProfileStatus
from monitoring_operator.crd.content_names import with_content_names
from monitoring_operator.crd.schema import structural

HEADER = '# Generated from the models in operator/src/monitoring_operator/api by "make generate". Do not edit.\n'


class _WithoutAliases(yaml.SafeDumper):
    """Writes equal parts out instead of pointing from one to the other, which people find hard to read."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 -- PyYAML's signature
        return True


def document() -> str:
    """The CRD as YAML, byte for byte what is checked in under crds/."""
    return HEADER + yaml.dump(definition(), Dumper=_WithoutAliases, sort_keys=False, width=120, allow_unicode=True)


def definition() -> dict[str, Any]:
    """The CustomResourceDefinition as JSON-shaped data, with nothing of the API server's defaults."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names.PLURAL}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": names.KIND,
                "listKind": f"{names.KIND}List",
                "plural": names.PLURAL,
                "singular": names.SINGULAR,
                "shortNames": [names.SHORT_NAME],
                "categories": ["monitoring"],
            },
            "versions": [
                {
                    "name": names.VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": _columns(),
                    "schema": {"openAPIV3Schema": _schema()},
                }
            ],
        },
    }


def _schema() -> dict[str, Any]:
    return {
        "description": "The monitoring of one application: what to scrape, what to alert on, who is told, what to look at.",
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            # metadata's schema may say nothing but this, and says it with a path; a rule at the root would have none.
            "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": NAME_LIMIT}}},
            "spec": with_content_names(structural(ProfileSpec, "spec")),
            "status": structural(ProfileStatus, "status"),
        },
    }


def _columns() -> list[dict[str, Any]]:
    """What `kubectl get` shows; the message of Ready only in `-o wide`."""
    return [
        {
            "name": "Ready",
            "type": "string",
            "jsonPath": _ready("status"),
            "description": "Whether everything the profile asks for is in place.",
        },
        {"name": "Reason", "type": "string", "jsonPath": _ready("reason"), "description": "Why, in one word."},
        {"name": "Targets", "type": "string", "jsonPath": ".status.targets", "description": "Scrape targets that are up, of all."},
        {"name": "Alerts", "type": "integer", "jsonPath": ".status.alerts", "description": "Number of alerts."},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
        {"name": "Message", "type": "string", "jsonPath": _ready("message"), "priority": 1, "description": "Why, in words."},
    ]


def _ready(field: str) -> str:
    return f'.status.conditions[?(@.type=="{names.Condition.READY}")].{field}'
