"""The nodes that a stack makes: its node groups, and its node pools."""

from collections.abc import Mapping
from typing import Any

from infra.recording import Recorded, Recording
from tests.invariants.groups import NodeGroup
from tests.invariants.node_pools import node_pools
from tests.invariants.reading import LAUNCH_TEMPLATE, NODE_GROUP, SCALING_GROUP_TAG, Pod, release


def node_groups(recording: Recording) -> list[NodeGroup]:
    tags: dict[str, dict[str, str]] = {}
    for tag in recording.of(SCALING_GROUP_TAG):
        for urn in tag.options["depends_on"]:
            tags.setdefault(urn, {})[tag.inputs["tag"]["key"]] = tag.inputs["tag"]["value"]
    plugin = release(recording, "nvidia-device-plugin")
    configs: Any = plugin.inputs["values"].get("config", {}).get("map", {}) if plugin else {}
    templates = {f"${{{made.name}.id}}": made.inputs for made in recording.of(LAUNCH_TEMPLATE)}

    def template_of(group: Recorded) -> Mapping[str, Any]:
        return templates.get(group.inputs.get("launchTemplate", {}).get("id"), {})

    groups = [
        NodeGroup(group, tags.get(group.urn, {}), template_of(group), configs) for group in recording.of(NODE_GROUP)
    ]
    return [*groups, *node_pools(recording)]


def gpu_groups(recording: Recording) -> list[NodeGroup]:
    return [group for group in node_groups(recording) if group.gpus]


def groups_of(recording: Recording, server: Pod) -> list[NodeGroup]:
    """The GPU node groups that the pod's selector names: several where a pool has one per zone; none on nodes that we
    don't make."""
    wanted = server.spec.get("nodeSelector", {}).items()
    groups = gpu_groups(recording) if server.gpus else []
    return [group for group in groups if wanted <= group.real().labels.items()]
