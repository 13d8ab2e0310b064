"""Values from another account or region than the stack's; and examples, which use the stack's own."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import CLUSTER, MODEL, Bad, create, stack

_REGION, _ACCOUNT, _OTHER = "eu-central-1", "222233334444", "333344445555"
_CERTIFICATE = f"arn:aws:acm:{_REGION}:{_OTHER}:certificate/5f0c"
_WEB_ACL = f"arn:aws:wafv2:{_REGION}:{_OTHER}:regional/webacl/llm/5f0c"
_ADMIN = f"arn:aws:iam::{_OTHER}:role/platform"


def _here(*sections: str, fields: str = "") -> str:
    return stack(create(f'zones: 2, accountId: "{_ACCOUNT}"{fields}'), MODEL, *sections, region=_REGION)


def _of_another(path: str, what: str) -> Mistake:
    got = f"{what} of account {_OTHER}; the load balancer is in account {_ACCOUNT}"
    return Mistake(path, 6, got, f"write one of account {_ACCOUNT}")


PLACES = (
    Bad(
        "an unknown region",
        stack(CLUSTER, MODEL, region="us-est-1"),
        (Mistake("aws:region", 2, "unknown region; did you mean us-east-1 or us-west-1?"),),
    ),
    Bad(
        "a region of AWS of which nothing is known here",
        stack(CLUSTER, MODEL, region="ca-west-1"),
        (
            Mistake(
                "aws:region",
                2,
                "the catalogue has no instance types and no prices for ca-west-1",
                "write one of ca-central-1, us-east-1, us-east-2, us-west-1, us-west-2, or add ca-west-1 to"
                " infra/catalog/data/aws/",
            ),
        ),
    ),
    Bad(
        "a region without its number",
        stack(CLUSTER, MODEL, region="eu-central"),
        (Mistake("aws:region", 2, "unknown region; did you mean eu-central-1 or eu-central-2?"),),
    ),
    Bad(
        "a certificate and a web ACL of another account",
        _here(f"gateway: {{domain: llm.acme.eu, certificateArn: {_CERTIFICATE}, wafAclArn: {_WEB_ACL}}}"),
        (
            _of_another("gateway.certificateArn", "a certificate"),
            _of_another("gateway.wafAclArn", "a web ACL"),
        ),
    ),
    Bad(
        "admins of another account alone",
        _here(fields=f', access: {{admins: ["{_ADMIN}"]}}'),
        (
            Mistake(
                "cluster.create.access.admins",
                4,
                f"all are of account {_OTHER}, and the cluster is made in {_ACCOUNT}: nobody who may run `pulumi up`"
                " there gets in",
                f"write a role of it too, such as arn:aws:iam::{_ACCOUNT}:role/platform",
            ),
        ),
    ),
    Bad(
        "no ARN of a certificate, where the account and the region are named",
        _here("gateway: {domain: llm.acme.eu, certificateArn: mine}"),
        (
            Mistake(
                "gateway.certificateArn",
                6,
                'got "mine"; allowed: an ACM certificate ARN',
                f"write certificateArn: arn:aws:acm:{_REGION}:{_ACCOUNT}:certificate/5f0c",
            ),
        ),
    ),
    Bad(
        "public without TLS, where the account and the region are named",
        _here("gateway: {domain: llm.acme.eu, expose: public, clients: {web: {}}}"),
        (
            Mistake(
                "gateway.expose",
                6,
                "public without TLS: keys would cross the internet unencrypted",
                f"write certificateArn: arn:aws:acm:{_REGION}:{_ACCOUNT}:certificate/5f0c",
            ),
        ),
    ),
    Bad(
        "no ARN of an admin, where the account is named",
        _here(fields=', access: {admins: ["arn:aws:iam::ACCOUNT_ID:role/platform"]}'),
        (
            Mistake(
                "cluster.create.access.admins[0]",
                4,
                'got "arn:aws:iam::ACCOUNT_ID:role/platform"; allowed: an IAM ARN',
                f"write arn:aws:iam::{_ACCOUNT}:role/platform",
            ),
        ),
    ),
)
