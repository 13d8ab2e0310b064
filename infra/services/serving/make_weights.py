"""Where the server of a model finds its weights, if that isn't the model cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi

from components.bucket_access import BucketAccess
from components.engine_files import EngineFiles
from components.engine_keys import EngineKeys
from components.model_cache import ModelCache
from components.node_weights import NodeWeights
from components.prometheus_login import PrometheusLogin
from infra.clouds.site import Mount, Site
from infra.engines.hub import adapters_in_bucket, in_bucket
from infra.models.places import Bucket, NodePath
from infra.plan.models import ModelPlan
from infra.plan.plan import Plan
from infra.services.serving.bucket_files import mount_requests


@dataclass(frozen=True)
class Serving:
    """What all models are served with."""

    plan: Plan
    site: Site
    cache: ModelCache
    keys: EngineKeys
    files: EngineFiles
    callers_key: pulumi.Output[str] | None  # of the client `default`: for the Secrets of version 1
    login: PrometheusLogin | None
    filled_by: BucketAccess | None = None  # what downloads fill the bucket with that is the cache

    @property
    def namespace(self) -> str:
        return self.plan.settings.namespace.name

    @property
    def claims(self) -> list[pulumi.Resource]:
        """The cache's, where there are any."""
        return list(self.cache.claims)

    @property
    def set_group(self) -> bool:
        """Of the pods, unless the storage owns the files already."""
        storage = self.plan.cache.storage
        return storage is None or not storage.owns_files


def on_nodes_of(serving: Serving, model: ModelPlan) -> NodeWeights | None:
    if not isinstance(model.place, NodePath):
        return None
    return NodeWeights(
        f"{model.name}-weights",
        namespace=serving.namespace,
        model=model.name,
        path=model.place.path,
        depends_on=[serving.cache],
        opts=serving.site.opts,
    )


def bucket_of(serving: Serving, model: ModelPlan) -> BucketAccess | None:
    after = [serving.cache, *serving.site.ready]
    if model.streamed and serving.site.bucket_cache is not None:
        return serving.site.bucket_cache.read(serving.plan, model, after)
    if not isinstance(model.place, Bucket):
        return None
    return serving.site.read_bucket(serving.plan, model.name, model.place, after)


def mount_of(serving: Serving, model: ModelPlan) -> Mount | None:
    """The bucket that is the cache, as files. Its pod has a part of what the server would have alone."""
    if not model.mounted or serving.site.bucket_cache is None:
        return None
    requests = mount_requests(model.resources, model.gpus)
    after = [serving.cache, *serving.site.ready]
    return serving.site.bucket_cache.mount(serving.plan, model.name, [*_prefixes(model)], requests, after)


def _prefixes(model: ModelPlan) -> Iterator[str]:
    """Of everything that its server reads."""
    yield in_bucket(model.model, model.revision)
    if model.proposer is not None and model.proposer.model is not None:
        yield in_bucket(model.proposer.model, model.proposer.revision)
    if model.adapters:
        yield adapters_in_bucket(model)
