"""Where `fit` is asked: the options that name a region, an instance type, a GPU or its memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.catalog import Catalog, Gpu, Instance, Slice, gpu_named, gpus_named, similar_gpus, slice_named
from infra.catalog.gpu_names import card_of_memory, counted, same_chip
from infra.catalog.instances_named import types_to_write
from infra.catalog.machines import gpus_of_machine
from infra.cli.fit_typed import Typed
from infra.plan.words import regions_with
from infra.settings.mistakes import nearest

MAX_GPUS, _MAX_GIB = 16, 100_000


@dataclass(frozen=True)
class Where:
    """The GPUs that were named: of an instance type, or by name or memory; neither: every type is looked at."""

    instance: Instance | None = None
    gpu: Gpu | None = None
    gpus: int | None = None


@dataclass(frozen=True)
class Places:
    """Reads them."""

    typed: Typed
    catalog: Catalog

    def check_region(self) -> None:
        given = self.typed.get("region")
        if given is not None and self._region is None:
            if given in self.catalog.other_regions:
                known = ", ".join(self.catalog.near(given))
                self.typed.wrong(
                    f"--region {given}",
                    f"the catalogue has no instance types and no prices for it; known near it: {known}",
                )
                return
            near = nearest(given, self.catalog.regions, 3, 0.6) or [*self.catalog.regions]
            self.typed.wrong(f"--region {given}", f"no region with GPU instance types; known: {', '.join(near)}")

    def where(self) -> Where:
        name, type_name = self.typed.get("gpu"), self.typed.get("instance-type")
        gib = self.typed.number("gpu-memory-gib", _MAX_GIB, "GiB")
        gpus = self.typed.whole("gpus", MAX_GPUS, "GPUs")
        if type_name is not None:
            if name is not None or gib is not None:
                self.typed.wrong(
                    f"--instance-type {type_name}", "names the GPU already; leave --gpu and --gpu-memory-gib out"
                )
            return Where(instance=self._instance(type_name, gpus), gpus=gpus)
        if name is None and gib is None:
            if gpus is not None:
                self.typed.wrong(f"--gpus {gpus}", "of which GPU? name one with --gpu, or its --gpu-memory-gib")
            return Where()
        cut = slice_named(name or "", self.catalog.gpus)
        return Where(gpu=self._slice(cut, gib, gpus) if cut else self._gpu(name, gib), gpus=gpus)

    def _slice(self, cut: Slice, gib: float | None, gpus: int | None) -> Gpu | None:
        """A share of a card: neither its memory nor its speed is the card's."""
        less = f", a little less than {cut.gb}" if cut.gb else ""
        if gpus is not None and gpus > 1:
            self.typed.wrong(f"--gpus {gpus}", "an engine runs on one MIG slice")
        if gib is None:
            self.typed.wrong(f"--gpu {cut.name}", f"a MIG slice; give its --gpu-memory-gib{less}")
            return None
        if cut.gb is not None and gib > cut.gb:
            self.typed.wrong(f"--gpu-memory-gib {gib:g}", f"{cut.name} is a MIG slice; write what an engine sees{less}")
        return replace(card_of_memory(cut.name, gib, cut.card, "--gpu-memory-gib"), slice=True)

    @property
    def _region(self) -> str | None:
        given = self.typed.get("region")
        return given if given in self.catalog.regions else None

    def _instance(self, name: str, gpus: int | None) -> Instance | None:
        instance = self.catalog.instances.get(name)
        if instance is None:
            write = types_to_write(name, self.catalog, self._region)
            near = f"; {write}" if write else _near(name, self.catalog.instances)
            self.typed.wrong(f"--instance-type {name}", f"unknown GPU instance type{near}")
        elif instance.left_out and instance.usd_per_hour is not None:
            self.typed.wrong(f"--instance-type {name}", f"can't serve: {instance.left_out}")
        elif self._region is not None and not self.catalog.zones_of(name, self._region):
            self.typed.wrong(f"--instance-type {name}", f"no zone of {self._region} offers it; {self._there(name)}")
        elif gpus is not None and gpus > instance.gpus:
            self.typed.wrong(f"--gpus {gpus}", f"{name} has {instance.gpus}; a model is split within one node")
        return instance

    def _there(self, name: str) -> str:
        """Without the type, `fit` lists every type of the region that serves the model."""
        return (
            f"leave --instance-type out for the types of {self._region} that serve the model, or name"
            f" {regions_with(name, self.catalog.regions_of(name, self._region or ''))}"
        )

    def _gpu(self, name: str | None, gib: float | None) -> Gpu | None:
        several = counted(name, self.catalog.gpus) if name is not None else None
        if several is not None:
            self.typed.wrong(f"--gpu {name}", f"a number and a card; write --gpu {several[1]} --gpus {several[0]}")
            return None
        known = gpu_named(name, self.catalog.gpus) if name is not None else None
        if gib is not None:
            chip = known or same_chip(name or "", self.catalog.gpus)
            return card_of_memory(known.name if known else name, gib, chip, "--gpu-memory-gib")
        machine = gpus_of_machine(name, self.catalog) if name is not None else None
        if machine is not None:
            card, number = machine
            write = f"--gpu {card}" if self.typed.get("gpus") else f"--gpu {card} --gpus {number}"
            self.typed.wrong(f"--gpu {name}", f"a machine type, which has {number} x {card}; write {write}")
            return None
        if known is None or known.engine_gib is None:
            near = similar_gpus(name or "", self.catalog.gpus)
            sizes = ", ".join(f"{self.catalog.gpus[each].engine_gib:.0f}" for each in near)
            written = f"write {'one of ' * (len(near) > 1)}{', '.join(near)} ({sizes} GiB), or " if near else ""
            write = f"; {written}give its --gpu-memory-gib"
            several = "has several sizes" if len(gpus_named(name or "", self.catalog.gpus)) > 1 else "unknown GPU"
            got = several if known is None else "its memory isn't known here"
            self.typed.wrong(f"--gpu {name}", got + write)
            return None
        return known


def _near(name: str, known: Mapping[str, object]) -> str:
    near = nearest(name, known, 3, 0.5)
    return f"; nearest: {', '.join(near)}" if near else f"; known: {', '.join(list(known)[:20])}"
