"""What a bill of AWS leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.clouds.aws.storage import EFS, S3
from infra.clouds.aws.storage_prices import usd_per_stored_gib

if TYPE_CHECKING:
    from infra.planning.cost import Billed

LEFT_OUT = (
    "traffic (NAT, zones, internet), load-balancer units, EFS throughput, log ingestion of the control plane, requests,"
    " tax"
)


def left_out(billed: Billed) -> str:
    return f"{_left_out_of_gateway(billed)}{_read(billed)}{_earlier_weights(billed)}{_blocks(billed)}"


def _blocks(billed: Billed) -> str:
    """AWS charges a Capacity Block when it is bought, at a price that it names then."""
    blocks = [step.reservation or "" for pool in billed.ours for step in pool.steps if step.kind == "block"]
    return f"; what was paid up front for Capacity Block {', '.join(blocks)}" if blocks else ""


def _read(billed: Billed) -> str:
    """How often servers start isn't known."""
    price = f"${billed.catalog.aws.prices.endpoint_gb:g}"
    return f"; what starts read through the endpoint of S3, {price} per GB" if billed.cache.bucket_cidrs else ""


def _earlier_weights(billed: Billed) -> str:
    """A plan knows nothing of the models before it, and a swap or a removal of a model deletes no weights."""
    if billed.cache.storage not in (EFS, S3):
        return ""
    price = usd_per_stored_gib(billed.cache, billed.catalog) or 0.0
    where = "on the file system" if billed.cache.storage == EFS else "in the bucket"
    cents = 2 if price >= 0.1 else 3
    return f"; weights of earlier models, which stay {where} for ${price:.{cents}f} per GiB per month until removed"


def _left_out_of_gateway(billed: Billed) -> str:
    gateway = billed.settings.gateway
    acl = "the web ACL, its rules and its requests; " if gateway is not None and gateway.waf_acl_arn else ""
    return f"{acl}{_left_out_always(billed)}"


def _left_out_always(billed: Billed) -> str:
    if billed.cluster.kind == "eks":
        nodes = "other nodes" if billed.ours else "nodes"
        return f"{LEFT_OUT}; the control plane, network and {nodes} of a cluster that exists"
    if len(billed.ours) + len(billed.theirs) < len(billed.pools):
        return f"{LEFT_OUT}; the GPU nodes that somebody else makes"
    return LEFT_OUT
