"""A search engine beside the models: a component with a Deployment, a claim and a Secret, and what it says of itself.

This is the whole of what CONTRIBUTING's recipe asks for: in the program it would be `infra/services/search/`, with the
component in `components/` and a line in `infra/registry.py`. `search: {size: 20Gi}` in the stack file asks for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from pydantic import Field

from components.pods import container_security_context, security_context
from infra.catalog import Catalog
from infra.plan.findings import Decided, warned
from infra.plan.money import CostItem
from infra.plan.notes import Finding, Step, ToDo
from infra.plan.plan import Plan
from infra.services.service import Around, Made, Service, Table
from infra.settings.checks.scope import Scope
from infra.settings.platform import Settings
from infra.settings.sections import OwnSection
from infra.settings.types import Section, Size

VECTORS_PER_GIB = 200_000
LABELS = {"app.kubernetes.io/name": "search"}
IMAGE = "docker.io/qdrant/qdrant:v1.15.4-unprivileged"


class SearchSection(Section):
    """A search engine for the documents of applications."""

    size: Size = Field(default="20Gi", description="of its volume")
    replicas: int = Field(default=1, ge=1, le=3, description="pods that search", examples=[1])


class Search(pulumi.ComponentResource):
    def __init__(self, name: str, *, namespace: str, image: str, size: str, made: Made, token: str) -> None:
        super().__init__(token, name, None, pulumi.ResourceOptions(depends_on=made.after))
        opts = pulumi.ResourceOptions.merge(made.opts, pulumi.ResourceOptions(parent=self, depends_on=made.after))
        about: Any = {"namespace": namespace, "name": "search", "labels": LABELS}
        claim = k8s.core.v1.PersistentVolumeClaim(
            f"{name}-claim",
            metadata=about,
            spec=_claim(size),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=True)),
        )
        secret = k8s.core.v1.Secret(
            f"{name}-key", metadata=about, string_data={"api-key": pulumi.Output.secret("sesame")}, opts=opts
        )
        k8s.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=about,
            spec=_deployment(image),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[claim, secret])),
        )
        self.register_outputs({})


def _claim(size: str) -> Any:
    return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}


def _deployment(image: str) -> Any:
    return {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": LABELS},
        "template": {"metadata": {"labels": LABELS}, "spec": _pod(image)},
    }


def _pod(image: str) -> dict[str, Any]:
    key = {"name": "QDRANT__SERVICE__API_KEY", "valueFrom": {"secretKeyRef": {"name": "search", "key": "api-key"}}}
    container = {
        "name": "search",
        "image": image,
        "env": [key],
        "securityContext": container_security_context(),
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        "volumeMounts": [{"name": "data", "mountPath": "/qdrant/storage"}],
    }
    return {
        "automountServiceAccountToken": False,
        "securityContext": security_context(set_group=True),
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "search"}}],
    }


SECTION = OwnSection("search", SearchSection, "a search engine beside the models", {"size": "20Gi"})


@dataclass(frozen=True)
class SearchPlan:
    """Its part of the plan."""

    size_gib: int
    million_vectors: float


@dataclass(frozen=True)
class SearchService(Service):
    """A test changes these fields in place of the program's code; the section has what the stack file says."""

    image: str = IMAGE
    namespace: str = "llm"
    token: str = "acme:data:Search"

    name = "search"
    title = "Search"
    owns = ("acme:data:Search",)
    section = SECTION

    def check(self, scope: Scope) -> None:
        wanted = SECTION.of(scope.settings)
        if wanted and wanted.replicas > 1:
            key = ("search", "replicas")
            scope.report.wrong(key, f"{wanted.replicas} pods, and a volume has one reader", "write replicas: 1")

    def plan(self, around: Around) -> Decided[SearchPlan | None]:
        wanted = SECTION.of(around.settings)
        if wanted is None:
            return None
        if not any(model.task == "embed" for model in around.models.values()):
            yield warned("search", "no model of the stack makes embeddings: the vectors have to come from elsewhere")
        return SearchPlan(_gib(wanted), _gib(wanted) * VECTORS_PER_GIB / 1e6)

    def to_dos(self, around: Around) -> Iterable[Finding]:
        if SECTION.of(around.settings):
            yield ToDo("search", "give the index a name", Step.SECRETS)

    def bill(self, settings: Settings, catalog: Catalog) -> Iterator[CostItem]:
        if wanted := SECTION.of(settings):
            month = _gib(wanted) * catalog.aws.prices.gp3_gib_month
            yield CostItem("search volume", month, month, month, f"{_gib(wanted)} GiB")

    def make(self, plan: Plan, made: Made) -> None:
        if wanted := SECTION.of(plan.settings):
            Search("search", namespace=self.namespace, image=self.image, size=wanted.size, made=made, token=self.token)

    def outputs(self, plan: Plan) -> Mapping[str, Any]:
        return {"url": self._url()} if SECTION.of(plan.settings) else {}

    def files(self, plan: Plan) -> Mapping[str, str]:
        return {"search/schema.json": "{}\n"} if SECTION.of(plan.settings) else {}

    def report(self, plan: Plan) -> Iterator[Table]:
        if part := plan.parts.get(self.name):
            holds = f"{part.million_vectors:.1f} million vectors"
            yield Table("SEARCH", ("at", "holds"), (("search", self._url(), holds),))

    def _url(self) -> str:
        return f"http://search.{self.namespace}.svc.cluster.local:6333"


def _gib(wanted: SearchSection) -> int:
    return int(wanted.size.removesuffix("Gi"))
