"""The keys of a client: one resource per number, so that a rotation touches no other key."""

from typing import Any

from components.client_keys import ClientKeys
from infra.recording import SECRET, Recording
from tests.components.examples import run

RANDOM = "random:index/randomPassword:RandomPassword"
K8S_SECRET = "kubernetes:core/v1:Secret"
WEB: dict[str, Any] = {
    "numbers": (1,),
    "given": {},
    "secret_name": "llm-client-web",
    "secrets": {"client-web-secret": "llm", "client-web-secret-elsewhere": "shop"},
    "base_url": "http://gateway.llm.svc.cluster.local/v1",
}


def keys(**changes: Any) -> Recording:
    return run(lambda opts: ClientKeys("client-web", **{**WEB, **changes}, opts=opts))


def test_each_number_is_a_separate_random_key_that_another_number_leaves_alone():
    first, both, second = keys(), keys(numbers=(1, 2)), keys(numbers=(2,))
    assert [each.name for each in both.of(RANDOM)] == ["client-web-key-1", "client-web-key-2"]
    assert first.of(RANDOM) == both.of(RANDOM)[:1]
    assert second.of(RANDOM) == both.of(RANDOM)[1:]
    assert all(each.inputs["length"] >= 32 and each.inputs["special"] is False for each in both.of(RANDOM))


def test_a_given_key_is_no_resource():
    recording = keys(numbers=(1, 2), given={1: "canary-of-a-test"})
    assert [each.name for each in recording.of(RANDOM)] == ["client-web-key-2"]
    assert "canary" not in str(recording)


def test_pods_take_key_and_url_from_a_secret_in_both_namespaces():
    written = {each.inputs["metadata"]["namespace"]: each.inputs for each in keys().of(K8S_SECRET)}
    assert written.keys() == {"llm", "shop"}
    for inputs in written.values():
        assert inputs["metadata"]["name"] == "llm-client-web"
        # The SDK marks the whole map as secret as soon as one value in it is.
        assert inputs["stringData"] == {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": SECRET}


def test_the_secret_has_the_newest_key_and_needs_no_other():
    for written in keys(numbers=(1, 2)).of(K8S_SECRET):
        assert [each.rsplit("::")[-1] for each in written.options["depends_on"]] == ["client-web-key-2"]


def test_the_keys_are_in_the_order_of_their_numbers():
    found: list[Any] = []

    def program(opts: Any) -> None:
        made = ClientKeys("client-web", **{**WEB, "numbers": (1, 2), "given": {1: "old", 2: "new"}}, opts=opts)
        made.keys.apply(found.append)

    run(program)
    assert found == [["old", "new"]]
