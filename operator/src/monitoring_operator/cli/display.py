"""What people are shown of an object: the same content, with credentials taken out and dashboards on more than one line."""

import base64
import json
from typing import Any

from monitoring_operator.alertmanager.base import CONFIG_KEY
from monitoring_operator.api.resources import CONFIG_MAP, SECRET

REDACTED = "<redacted>"


def for_people(body: dict[str, Any]) -> dict[str, Any]:
    """`body` for people's eyes.

    Of a Secret only the Alertmanager configuration is shown, which refers to its credentials by file; of the rest, the keys.
    """
    match body.get("kind"):
        case SECRET.kind:
            data = {k: base64.b64decode(v).decode() if k == CONFIG_KEY else REDACTED for k, v in (body.get("data") or {}).items()}
            return {**{k: v for k, v in body.items() if k not in ("data", "stringData")}, "stringData": data}
        case CONFIG_MAP.kind:
            return {**body, "data": {k: _indented(v) if k.endswith(".json") else v for k, v in (body.get("data") or {}).items()}}
    return body


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
    except ValueError:
        return text
