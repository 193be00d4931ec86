"""The base of all spec models: camelCase, immutable, described by docstrings, with rules that Python and the API server share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition over several fields, said twice: in CEL for the API server, in Python for us.

    Both forms must agree; the API tests send the same bad specs through both.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool]


class Model(BaseModel):
    """Base of the spec's models.

    Unknown fields are ignored, because an older operator must survive a newer CRD; `validate FILE` forbids them.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    rules_: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _rules_hold(self) -> Self:
        for rule in self.rules_:
            if not rule.holds(self):
                raise PydanticCustomError("rule", "{message}", {"message": rule.message})
        return self


@dataclass(frozen=True, slots=True)
class Unique:
    """No value twice: annotates a tuple, for pydantic and for the API server (a list of type `set`)."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "x-kubernetes-list-type": "set"}

    @staticmethod
    def _check(values: tuple[Any, ...]) -> tuple[Any, ...]:
        for i, value in enumerate(values):
            if value in values[:i]:
                raise PydanticCustomError("duplicate", "{value} stands there twice", {"value": repr(value)})
        return values


SHORT_DURATION_PATTERN = r"^([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,7}s)?([0-9]{1,9}ms)?$"
DURATION_PATTERN = r"^([0-9]{1,2}y)?([0-9]{1,3}w)?([0-9]{1,4}d)?([0-9]{1,5}h)?([0-9]{1,6}m)?([0-9]{1,7}s)?([0-9]{1,9}ms)?$"
"""Few enough digits for 64 bits of nanoseconds: beyond 292 years Prometheus refuses the whole group of rules."""
NO_VARIABLE = r"^([^$]|\$+[^($])*\$*$"
"""For text in Alertmanager's configuration in which nothing can be escaped because it is no template: one variable that is not set stops
everybody's reloads."""
IN_WORDS = {
    SHORT_DURATION_PATTERN: "must be a duration in hours and smaller units, such as 15s or 1m30s",
    DURATION_PATTERN: "must be a duration, such as 5m or 1d12h",
    NO_VARIABLE: "must not hold $(, which prometheus-operator's config-reloader would expand",
}
"""What the patterns that say little by themselves ask for."""

Duration = Annotated[str, StringConstraints(pattern=DURATION_PATTERN, min_length=2, max_length=32)]
"""A Prometheus duration, such as `5m` or `1d12h`."""

ShortDuration = Annotated[str, StringConstraints(pattern=SHORT_DURATION_PATTERN, min_length=2, max_length=32)]
"""A Prometheus duration without days or longer, which CEL's `duration()` can read too."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", min_length=1, max_length=253)]
"""Name of a Kubernetes object."""

NamespaceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)]

LabelName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", min_length=1, max_length=128)]
"""Name of a Prometheus label."""

Ratio = Annotated[float, Field(ge=0, le=1)]


ATOMIC: JsonDict = {"x-kubernetes-map-type": "atomic"}
"""For objects whose fields make sense together only: server-side apply gives them one owner."""


DataKey = Annotated[str, StringConstraints(pattern=r"^[-._a-zA-Z0-9]+$", min_length=1, max_length=253)]
"""Key within the data of a Secret or ConfigMap."""


class SecretKeySelector(Model):
    """A key of a Secret in the profile's namespace."""

    model_config = ConfigDict(json_schema_extra=ATOMIC)

    name: Name
    """Name of the Secret."""
    key: DataKey
    """Key within the Secret's data."""


class ConfigMapKeySelector(Model):
    """A key of a ConfigMap in the profile's namespace."""

    model_config = ConfigDict(json_schema_extra=ATOMIC)

    name: Name
    """Name of the ConfigMap."""
    key: DataKey
    """Key within the ConfigMap's data."""


class SecretSource(Model):
    """Where a credential comes from. Credentials themselves never stand in a profile."""

    secret_key_ref: SecretKeySelector
    """The Secret's key that holds the value."""
