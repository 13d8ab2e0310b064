"""Where a cluster that we make keeps the weights, if the stack file doesn't say: in a file system, or in a bucket, if
each server can stream from it and gets no way out, starts wait for less, and it costs less than 5 % more."""

from collections.abc import Iterator, Sequence

from infra.catalog import Catalog
from infra.plan.cache import CachePlan
from infra.services.serving.bucket_files import streams
from infra.services.serving.cold_start import read_seconds
from infra.services.serving.placement import Placed

MAX_MORE = 0.05  # of the expected bill


def quickest(
    placed: Sequence[Placed], files: CachePlan, bucket: CachePlan, costs_more: str, catalog: Catalog
) -> tuple[CachePlan, str]:
    """One of the two, and why. `costs_more`: what says that the bucket costs too much; blank: it doesn't."""
    against = next(_against(placed, bucket), "")
    if against:
        return files, f"servers would stream from {_said(bucket)} sooner, but {against}{_kept(files)}"
    stored = [each for each in placed if each.served.place is None]
    seconds = {_said(cache): sum(read_seconds(each, cache, catalog) for each in stored) for cache in (bucket, files)}
    waits = " and ".join(f"{each:.0f} s with {said}" for said, each in seconds.items())
    reason = f"on a node that has the image, starts take {waits} (of all models together, estimates)"
    if seconds[_said(bucket)] >= seconds[_said(files)]:
        return files, f"{reason}{_kept(files)}"
    if costs_more:
        return files, f"{reason}, but {costs_more}{_kept(files)}"
    return bucket, f"{reason}, for less than {MAX_MORE * 100:.0f} % more of the expected bill{_kept(bucket)}"


def _against(placed: Sequence[Placed], bucket: CachePlan) -> Iterator[str]:
    files = [each.served.name for each in placed if each.served.place is None and not streams(each.served, bucket)]
    if files:
        yield f"{', '.join(files)} {'read' if files[1:] else 'reads'} files"
    if not bucket.bucket_cidrs:
        yield "would get a way out, since the network isn't made here"


def _said(cache: CachePlan) -> str:
    return cache.storage.said if cache.storage is not None else cache.kind


def _kept(cache: CachePlan) -> str:
    compiled = ", compile: true" if cache.compiled else ""
    return (
        f". Another model or budget may change this, and all weights are then downloaded again: `cache: {{kind:"
        f" {cache.kind}{compiled}}}` in the stack file keeps it"
    )
