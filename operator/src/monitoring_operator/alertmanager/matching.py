"""Matchers as Alertmanager reads them: two grammars for the text, and RE2 for regular expressions.

Since 0.27 Alertmanager tries both its UTF-8 grammar and the classic one. Where they read a text differently, the classic one wins, so
that an old configuration keeps its meaning; where only one can read it, that one does.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import re2

from monitoring_operator.alertmanager.matchers import matcher

CLASSIC_LABEL = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SPACE = r"[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
"""What Go's unicode.IsSpace takes for white space."""
_UTF8_TOKEN = re.compile(
    rf"""{_SPACE}*(?:(?P<punctuation>[{{}},])|(?P<operator>=~|!=|!~|=)|(?P<quoted>"(?:[^"\\]|\\.)*")"""
    rf"""|(?P<bare>(?:(?!{_SPACE})[^{{}}!=~,\\"'`])+)|(?P<end>\Z))""",
    re.DOTALL,
)
_CLASSIC = re.compile(rf"[\t\n\f\r ]*({CLASSIC_LABEL})[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*(.*?)[\t\n\f\r ]*", re.DOTALL)
# What Go's strconv.Unquote knows between double quotes; an escape beyond it is an error there.
_GO_ESCAPE = re.compile(r"\\(?:([abfnrtv\\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL)
_GO_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_CLASSIC_ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
_ANY_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_ASCII_LIMIT = 0x80


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label. A label that an alert does not have is empty."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        label = self.label if re.fullmatch(CLASSIC_LABEL, self.label) else matcher("", "", self.label)
        return matcher(label, self.operator, self.value)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with `labels` meets it."""
        actual = labels.get(self.label, "")
        match self.operator:
            case "=":
                return actual == self.value
            case "!=":
                return actual != self.value
            case "=~":
                return _anchored(self.value)(actual)
            case _:
                return not _anchored(self.value)(actual)


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """The matchers that one entry of `matchers` holds, most often one. Raises ValueError with the reason."""
    try:
        classic = tuple(_classic(text))
    except ValueError as error:
        refusal, classic = error, None
    try:
        modern = tuple(_utf8(text))
    except ValueError:
        if classic is None:
            raise refusal from None
        return classic
    return modern if classic is None else classic


def checked(label: str, operator: str, value: str) -> Matcher:
    """The matcher of these parts. Raises ValueError for a regular expression that Alertmanager would refuse."""
    if operator in ("=~", "!~"):
        _anchored(value)
    return Matcher(label, operator, value)


@lru_cache(maxsize=4096)
def _anchored(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches `pattern` as a whole. RE2 needs linear time, whatever somebody wrote. Raises ValueError."""
    options = re2.Options()
    options.log_errors = False
    if _ANY_BYTE.search(pattern):
        raise ValueError(f"not a regular expression: {pattern!r}: \\C is not supported")
    try:
        compiled = re2.compile(f"^(?:{pattern})$", options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        raise ValueError(f"not a regular expression: {pattern!r}: {reason.decode() if isinstance(reason, bytes) else reason}") from error
    return lambda text: compiled.search(text) is not None


def _classic(text: str) -> Iterator[Matcher]:
    for part in _split(text.removeprefix("{").removesuffix("}")):
        found = _CLASSIC.fullmatch(part)
        if found is None:
            raise ValueError(f"not a matcher: {part!r}")
        yield checked(found[1], found[2], _classic_value(found[3]))


def _split(text: str) -> Iterator[str]:
    """The parts between commas outside of double quotes; an empty last one is dropped."""
    begin, quoted, escaped = 0, False, False
    for index, character in enumerate(text):
        if character == "," and not quoted:
            yield text[begin:index]
            begin = index + 1
            continue
        if character == '"' and not escaped:
            quoted = not quoted
        # A comma within quotes leaves a backslash before it pending.
        escaped = not escaped if character == "\\" else escaped and character == ","
    if rest := text[begin:].strip():
        yield rest


def _classic_value(raw: str) -> str:
    quoted = raw.startswith('"')
    text = raw[1:] if quoted else raw
    out, index, closed = [], 0, not quoted
    while index < len(text):
        character, after = text[index], text[index + 1 : index + 2]
        if character == "\\" and after:
            out.append(_CLASSIC_ESCAPES.get(after, character + after))
            index += 2
            continue
        if character == '"':
            if closed or index < len(text) - 1:
                raise ValueError(f"matcher value contains unescaped double quote: {raw}")
            closed = True
        else:
            out.append(character)
        index += 1
    if not closed:
        raise ValueError(f"matcher value contains unescaped double quote: {raw}")
    return "".join(out)


def _utf8(text: str) -> Iterator[Matcher]:
    tokens = _tokens(text)
    braced = tokens[0] == ("punctuation", "{")
    position = int(braced)
    end = [("punctuation", "}"), ("end", "")] if braced else [("end", "")]
    while tokens[position:] != end:
        kinds = [kind for kind, _ in tokens[position : position + 3]]
        if len(kinds) < len(("label", "operator", "value")) or kinds[1] != "operator" or not {kinds[0], kinds[2]} <= {"quoted", "bare"}:
            raise ValueError(f"not a matcher: {text!r}")
        label, operator, value = (word for _, word in tokens[position : position + 3])
        yield checked(label, operator, value)
        position += 3
        if tokens[position] == ("punctuation", ","):
            position += 1
        elif tokens[position:] != end:
            raise ValueError(f"expected a comma or the end: {text!r}")


def _tokens(text: str) -> list[tuple[str, str]]:
    """Kind and content of every token; the last one is the end."""
    tokens: list[tuple[str, str]] = []
    position = 0
    while not tokens or tokens[-1][0] != "end":
        found = _UTF8_TOKEN.match(text, position)
        if found is None:
            raise ValueError(f"invalid input at character {position}: {text!r}")
        kind = str(found.lastgroup)
        tokens.append((kind, _unquoted(found[kind]) if kind == "quoted" else found[kind]))
        position = found.end()
    return tokens


def _unquoted(text: str) -> str:
    if "\n" in text:
        raise ValueError(f"a line break within quotes: {text}")
    return _GO_ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    letter, byte, octal, short, long, other = found.groups()
    if letter:
        return _GO_LETTERS[letter]
    if other is not None:
        raise ValueError(f"not an escape: {found[0]}")
    code = int(byte or short or long, 16) if octal is None else int(octal, 8)
    if (byte or octal) and code >= _ASCII_LIMIT:
        # A lone byte is no text; no label of an alert can hold it.
        raise ValueError(f"not UTF-8: {found[0]}")
    try:
        character = chr(code)
        character.encode()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not a character: {found[0]}") from error
    return character
