"""The types of a stack file's values, each with a name, a pattern and an example.

Error messages propose the examples, and editors show them because they are in the JSON Schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from infra.engines import ENGINES


class Section(BaseModel):
    """A part of the stack file: frozen, camelCase keys, unknown keys refused, no value silently converted."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
        defer_build=True,  # build one validator of all settings, and not one for each section
    )


def pattern(regex: str, example: str, title: str, max_length: int | None = None) -> Any:
    """The field of a text: its pattern, with the example and title that editors and messages show."""
    return Field(pattern=regex, examples=[example], title=title, max_length=max_length)


# A name becomes part of DNS names and Pulumi URNs: RFC 1035 label, short enough for the suffixes that we add.
ModelName = Annotated[str, pattern(r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$", "llama-8b", "model name")]
# A client's name is a part of its Secret's.
ClientName = Annotated[str, pattern(r"^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$", "web-shop", "client name")]
MAX_POOL_NAME = 30  # characters
PoolName = Annotated[str, pattern(rf"^[a-z]([-a-z0-9]{{0,{MAX_POOL_NAME - 2}}}[a-z0-9])?$", "l4", "pool name")]
NamespaceName = Annotated[
    str, pattern(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "llm", "name of lower-case letters, digits and hyphens")
]
ObjectName = Annotated[
    str,
    pattern(
        r"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$", "llm-tls", "name of lower-case letters, digits, hyphens and dots"
    ),
]
ImageName = Annotated[
    str,
    pattern(
        r"^[a-z0-9][-._/:a-zA-Z0-9]*(:\w[-.\w]{0,127}|@sha256:[0-9a-f]{64})$",
        "registry.acme.io/model-server:1.4",
        "container image with its tag or digest",
    ),
]
ResourceName = Annotated[
    str,
    pattern(
        r"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?/[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$",
        "nvidia.com/gpu.shared",
        "name of a resource that nodes offer, with its domain",
    ),
]
SECRET_NAME = "name of a Secret, of lower-case letters, digits, hyphens and dots"  # the title of its schema
SecretName = Annotated[str, pattern(r"^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$", "llm-tls", SECRET_NAME)]
SecretKey = Annotated[str, pattern(r"^[-._a-zA-Z0-9]+$", "token", "key of a Secret", max_length=253)]
KUBERNETES_VERSION = "Kubernetes version, quoted"  # the title of its schema
KubernetesVersion = Annotated[str, pattern(r"^1\.\d\d$", "1.35", KUBERNETES_VERSION)]
Cidr = Annotated[str, pattern(r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$", "10.0.0.0/16", "IPv4 CIDR")]
Domain = Annotated[
    str,
    pattern(
        r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z][-a-z0-9]{0,61}[a-z0-9]$",
        "llm.example.com",
        "domain with a dot",
        max_length=200,
    ),
]
Size = Annotated[str, pattern(r"^[1-9]\d*(Gi|Ti)$", "100Gi", "size in Gi or Ti")]
NodeDirectory = Annotated[
    str, pattern(r"^(/[A-Za-z0-9_][\w.-]*){2,}$", "/data/llm-weights", "path of a directory below another one")
]
PORT = r"([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"  # 1 to 65535
HttpUrl = Annotated[
    str,
    pattern(
        rf"^https?://([^\s/@]*@)?([^\s/:@]+|\[[0-9a-fA-F:.]+\])(:{PORT})?(/\S*)?$",
        "http://prometheus-operated.monitoring:9090",
        "URL",
    ),
]
InstanceType = Annotated[str, pattern(r"^[a-z0-9-]+\.[a-z0-9-]+$", "g6.xlarge", "instance type")]
# Hugging Face: owner/name (a few old repositories have no owner); an engine's own library: name[:tag], which may
# have an owner too.
ModelId = Annotated[str, pattern(r"^[A-Za-z0-9][\w.-]*(/[\w.-]+)?(:[\w.-]+)?$", "Qwen/Qwen3-8B", "model id")]
# Or weights that are in the cluster already; infra/services/serving/check_place.py checks the form of such a URL.
ModelPlace = Annotated[
    str, pattern(r"^([A-Za-z0-9][\w.-]*(/[\w.-]+)?(:[\w.-]+)?|[a-z][a-z0-9+.-]*://\S*)$", "Qwen/Qwen3-8B", "model id")
]
Revision = Annotated[str, pattern(r"^[\w./-]+$", "0e9e39f249a16976918f6564b8830bc894c89659", "revision")]


@dataclass(frozen=True)
class _OneOf:
    """One of the names in a registry, to which names can be added. Otherwise like a Literal: unknown names are refused,
    and the JSON Schema lists the known ones."""

    known: Mapping[str, object]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if value not in self.known:
            known = ", ".join(self.known)
            raise PydanticCustomError("literal_error", "unknown; known: {known}", {"known": known})
        return value

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"enum": list(self.known), "type": "string"}

    __hash__ = object.__hash__


EngineName = Annotated[str, _OneOf(ENGINES)]


def _one_number(value: Any) -> Any:
    """`replicas: 2` means `{min: 2, max: 2}`."""
    return {"min": value, "max": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _one_word(value: Any) -> Any:
    """`keda: install` means `{state: install}`; `{existing: {...}}` names what exists."""
    if isinstance(value, dict) and "state" in value:
        raise ValueError("the state is written as a word")
    return {"state": value} if isinstance(value, str) else value


OneNumber = BeforeValidator(_one_number)
OneWord = BeforeValidator(_one_word)


@dataclass(frozen=True)
class Short:
    """The JSON Schema of a short form that one of the validators above accepts."""

    schema: dict[str, Any]

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [self.schema, handler(core)]}

    __hash__ = object.__hash__
