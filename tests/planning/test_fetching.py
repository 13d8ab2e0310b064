"""The Job that fetches weights requests little from system nodes, and its image writes little to their disks."""

from tests.planning.stacks import CATALOG, LOCAL, PROD, changed, plan

TINY = {"model": "llama3.2:1b", "engine": "ollama", "pool": "l40s"}
BOTH = plan(changed(PROD, models__tiny=TINY))


def test_the_hub_is_read_by_a_small_image_and_not_by_the_engines_own() -> None:
    small = CATALOG.fetchers["hub"]
    assert small.image_gib + small.unpacked_gib < 2
    images = {name: model.prefetch.image for name, model in BOTH.models.items() if model.prefetch}
    assert images.pop("tiny") == CATALOG.engines["ollama"].image  # its library has no other client
    assert set(images.values()) == {small.image}


def test_pages_that_wait_for_nfs_have_room_that_is_not_reserved() -> None:
    """2 GiB was seen to be too little for a Job that writes to EFS; the scheduler keeps no more than that free."""
    for model in plan(PROD).models.values():
        assert model.prefetch is not None
        assert (model.prefetch.memory_gib, model.prefetch.memory_limit_gib) == (2.0, 8.0)


def test_the_plan_says_what_the_images_write_on_a_system_node() -> None:
    said = [note.message for note in BOTH.assumptions if "weights are fetched" in note.message]
    assert len(said) == 2
    assert said[0].startswith("embed, llama-70b, llama-8b: weights are fetched on a system node by docker.io/kserve/")
    assert "vllm's own image would need 38.4 GiB to pull and unpack (315 s at the speed of its disk)" in said[0]
    assert "its disk" not in next(note.message for note in plan(LOCAL).assumptions if "weights are" in note.message)


def test_on_a_cluster_that_exists_no_node_without_gpus_is_promised() -> None:
    (said,) = [note.message for note in plan(LOCAL).assumptions if "weights are fetched" in note.message]
    assert "weights are fetched on any Linux node that has room for its Job by" in said
