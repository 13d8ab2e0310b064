"""A cluster that somebody else runs."""

import json

import pulumi
import pytest

from components.aws.existing_cluster import ExistingEksCluster, first_of
from components.context_cluster import ContextCluster
from infra.recording import NotOnTheEngine
from tests.components.aws_examples import on_aws

PROVIDER = "pulumi:providers:kubernetes"
ANSWER = {
    "aws:eks/getCluster:getCluster": lambda asked: {
        "name": asked["name"],
        "endpoint": f"https://{asked['name']}.eks.example.com",
        "certificateAuthorities": [{"data": "Q0E="}],
        "version": "1.35",
        "vpcConfig": {"subnetIds": ["subnet-1", "subnet-2"], "vpcId": "vpc-1", "clusterSecurityGroupId": "sg-1"},
    }
}


def by_name(opts: pulumi.ResourceOptions) -> None:
    cluster = ExistingEksCluster(
        "cluster", cluster_name="shared", region="eu-west-1", partition="aws", adds_nodes=False, opts=opts
    )
    pulumi.export("vpc_id", cluster.vpc_id)


def test_a_context_is_known_by_its_name() -> None:
    recording = on_aws(lambda _: ContextCluster("cluster", context="kind-llm"))
    provider = recording.one(PROVIDER, "cluster-kubernetes").inputs
    assert provider["context"] == provider["clusterIdentifier"] == "kind-llm"
    assert provider["enableSecretMutable"] == provider["enableConfigMapMutable"] == "true"
    assert "kubeconfig" not in provider


@pytest.mark.parametrize("preview", [False, True])
def test_an_eks_cluster_is_looked_up_by_name_and_known_by_its_endpoint(preview: bool) -> None:
    recording = on_aws(by_name, preview=preview, answers=ANSWER)
    provider = recording.one(PROVIDER, "cluster-kubernetes").inputs
    assert provider["clusterIdentifier"] == "https://shared.eks.example.com"
    assert provider["enableSecretMutable"] == provider["enableConfigMapMutable"] == "true"
    kubeconfig = json.loads(provider["kubeconfig"])
    assert kubeconfig["clusters"][0]["cluster"] == {
        "server": "https://shared.eks.example.com",
        "certificate-authority-data": "Q0E=",
    }
    command = kubeconfig["users"][0]["user"]["exec"]
    assert [command["command"], *command["args"]] == [
        *("aws", "--region", "eu-west-1", "eks", "get-token", "--cluster-name", "shared")
    ]
    assert recording.outputs == {"vpc_id": "vpc-1"}


def test_an_eks_cluster_that_nobody_answers_for_is_an_error() -> None:
    with pytest.raises(NotOnTheEngine, match="getCluster"):
        on_aws(by_name, answers={})


def test_a_zone_without_a_private_subnet_is_named() -> None:
    assert first_of(["subnet-1", "subnet-2"], "use1-az3") == "subnet-1"
    with pytest.raises(pulumi.RunError, match="no private subnet in use1-az3"):
        first_of([], "use1-az3")
