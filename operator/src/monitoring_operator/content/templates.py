"""Prometheus' templates, which all labels and annotations of alerts are.

A single template that does not parse makes prometheus-operator refuse the whole object, so it is found here first. Go's template
language is not parsed in full: what is checked is what people get wrong, and nothing that Prometheus takes is refused.
"""

import re

_FUNCTIONS = frozenset({
    # Prometheus' own, template/template.go
    "args", "externalURL", "first", "graphLink", "humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp",
    "label", "match", "now", "parseDuration", "pathPrefix", "query", "reReplaceAll", "safeHtml", "sortByLabel", "stripDomain", "stripPort",
    "strvalue", "tableLink", "title", "tmpl", "toDuration", "toLower", "toTime", "toUpper", "urlQueryEscape", "value",
    # those of Go's text/template
    "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not", "or", "print", "printf", "println", "slice",
    "urlquery",
})  # fmt: skip
_BLOCKS = frozenset({"if", "range", "with", "define", "block"})
_KEYWORDS = _BLOCKS | {"else", "end", "template", "break", "continue", "nil", "true", "false"}
_VARIABLES = frozenset({"labels", "value", "externalLabels", "externalURL"})

_STRING = r'"(?:\\.|[^"\\\n])*+"|`[^`]*+`|\'(?:\\.|[^\'\\\n])*+\''
_COMMENT = re.compile(r"\{\{(?:-\s+)?/\*.*?\*/(?:\s+-)?\}\}", re.DOTALL)
# Possessive, so that no text makes this slow: what it can match, it can match in one way only.
_ACTION = re.compile(r"\{\{((?:" + _STRING + r"|(?!\}\})[^\"`'])*+)\}\}", re.DOTALL)
_DECLARED = re.compile(r"\$(\w+)(?:\s*,\s*\$(\w+))?\s*:?=")


def literal(text: str) -> str:
    """`text` so that the template engine puts out exactly it."""
    return text.replace("{{", '{{ "{{" }}')


def error(text: str) -> str | None:
    """What is wrong with `text` as a template; None if nothing is seen."""
    known = set(_VARIABLES)
    depth = position = 0
    while (start := text.find("{{", position)) >= 0:
        comment = _COMMENT.match(text, start)
        if comment is not None:
            position = comment.end()
            continue
        found = _ACTION.match(text, start)
        if found is None:
            return "has a {{ that is never closed"
        position = found.end()
        code = _code(found[1])
        if not code:
            return "has a {{ }} with nothing in it"
        known |= {name for declared in _DECLARED.findall(code) for name in declared if name}
        wrong = _unknown(code, known)
        if wrong is not None:
            return wrong
        word = re.split(r"\W", code, maxsplit=1)[0]
        depth += (word in _BLOCKS) - (word == "end")
        if depth < 0 or (word == "else" and not depth):
            return f"has an {{{{ {word} }}}} without a beginning"
    return "has a block without its {{ end }}" if depth else None


def _code(action: str) -> str:
    """What an action says, without its strings and the dashes that trim the text around it."""
    bare = re.sub(_STRING, '""', action)
    bare = bare[1:] if re.match(r"-\s", bare) else bare
    return (bare[:-1] if re.search(r"\s-$", bare) else bare).strip()


def _unknown(code: str, variables: set[str]) -> str | None:
    for name in re.findall(r"(?<![\w.$])[A-Za-z_]\w*", code):
        if name not in _FUNCTIONS | _KEYWORDS:
            return f"calls {name}, which is no function of Prometheus' templates"
    for name in re.findall(r"\$(\w+)", code):
        if name not in variables:
            return f"uses ${name}, which is not defined; there are $labels, $value, $externalLabels and $externalURL"
    return None
