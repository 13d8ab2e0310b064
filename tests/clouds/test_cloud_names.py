"""What only one cloud has is in its room: nothing else names its services, and no price, quota or rule of it."""

import re
from pathlib import Path
from typing import get_args

import pytest

from infra.clouds.aws.cloud import AWS
from infra.services.weights.section import Cache

REPOSITORY = Path(__file__).parents[2]
ROOMS = ("infra/clouds/aws/", "components/aws/")
DATA = "infra/catalog/data/"  # facts, each with its source; what belongs to a cloud alone is below its name there

_KEPT = "stack files have these keys, and a key that is in use is never renamed or removed"
# What still names AWS or a service of it, and why. This list may only become shorter.
NAMED = {
    "infra/catalog/load.py": "what AWS offers is read with all other facts",
    "infra/catalog/types.py": "the same",
    "infra/clouds/existing/check.py": "says whose keys mean nothing on such a cluster",
    "infra/models/places.py": "the variables that clients of S3 read, whoever's store it is",
    "infra/registry.py": "the registry: a line per cloud",
    "infra/services/gateway/watches.py": "where a number of its nodes' image is from",
    "infra/services/addons/plan.py": "the name of a chart",
    "infra/services/addons/pods.py": "names the room that counts the pods of every node",
    "infra/services/addons/section.py": f"{_KEPT}; the rules for those of EKS are in infra/clouds/aws/check_addons.py",
    "infra/services/gateway/section.py": f"{_KEPT}: an ALB's; the rules are in infra/clouds/aws/check_gateway.py",
    "infra/services/monitoring/make.py": "a login by signed requests, which Amazon's Prometheus asks for",
    "infra/services/monitoring/section.py": "a login by signed requests, which Amazon's Prometheus asks for",
    "infra/services/weights/section.py": f"{_KEPT}; a cloud whose storage has no kind here is its own default",
    "infra/settings/checks/cluster.py": "the two ways to name a cluster that exists",
    "infra/settings/checks/scope.py": "the two ways to name a cluster that exists",
    "infra/settings/cluster.py": f"{_KEPT}: they are older than keys of a cloud, such as `OwnSection` gives a new one",
    "infra/settings/other_keys.py": "the key that a region has, where people write another one",
    "infra/settings/platform.py": f"{_KEPT}, and their descriptions name what they are of",
}
_SERVICES = "aws|eks|ec2|ebs|efs|alb"
_WORDS = re.compile(
    rf"(?<![A-Za-z])(?:{_SERVICES}|{_SERVICES.upper()})(?![a-z])"  # eks_cluster, "aws:region", EFS
    rf"|(?:{'|'.join(each.capitalize() for each in _SERVICES.split('|'))})(?![a-z])"  # AwsFacts, isEksCluster
)


def naming() -> set[str]:
    files = (path for top in ("infra", "components") for path in (REPOSITORY / top).rglob("*"))
    sources = (path for path in files if path.suffix in (".py", ".csv", ".json", ".toml"))
    named = (path for path in sources if _WORDS.search(path.read_text(encoding="utf-8")))
    return {str(path.relative_to(REPOSITORY)) for path in named}


def test_nothing_outside_the_rooms_of_aws_names_it_but_what_says_why() -> None:
    elsewhere = {each for each in naming() if not each.startswith((*ROOMS, DATA))}
    assert elsewhere - NAMED.keys() == set()


def test_the_kinds_of_cache_are_those_that_the_cloud_has() -> None:
    kinds = get_args(Cache.model_fields["kind"].annotation)
    assert set(kinds) == {*(storage.kind for storage in AWS.storage), "node", "storageClass"}


def test_what_no_longer_names_it_has_left_the_list() -> None:
    assert NAMED.keys() - naming() == set()


@pytest.mark.parametrize("text", ["aws:region", "import pulumi_aws", "EKS's", "ec2.Vpc", "AwsFacts", "isEks", "ALB"])
def test_names_are_found(text: str) -> None:
    assert _WORDS.search(text)


@pytest.mark.parametrize("text", ["laws", "weeks", "album", "because", "Alba"])
def test_other_words_are_none(text: str) -> None:
    assert not _WORDS.search(text)
