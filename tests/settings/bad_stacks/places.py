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


_MISTYPED, _SWAPPED = "222233334445", "222233343444"
_ID = "5f0c0000-0000-4000-8000-000000000002"


def _mistyped(path: str, account: str, write: str, where: str = "cluster.create.accountId") -> Mistake:
    got = f"account {account}, and {where} names {_ACCOUNT}: one of them is mistyped"
    return Mistake(path, 4 if path.startswith("cluster") else 6, got, f"write {write}")


PLACES = (
    Bad(
        "a digit of an account is another one, and two of a web ACL have changed places",
        _here(
            f"gateway: {{domain: llm.acme.eu, certificateArn: {_CERTIFICATE.replace(_OTHER, _MISTYPED)},"
            f" wafAclArn: {_WEB_ACL.replace(_OTHER, _SWAPPED)}}}"
        ),
        (
            _mistyped("gateway.certificateArn", _MISTYPED, f"certificateArn: {_CERTIFICATE.replace(_OTHER, _ACCOUNT)}"),
            _mistyped("gateway.wafAclArn", _SWAPPED, f"wafAclArn: {_WEB_ACL.replace(_OTHER, _ACCOUNT)}"),
        ),
    ),
    Bad(
        "a mistyped account where the cluster's isn't given",
        stack(
            create(f'zones: 2, access: {{admins: ["{_ADMIN.replace(_OTHER, _ACCOUNT)}"]}}'),
            MODEL,
            f"gateway: {{domain: llm.acme.eu, certificateArn: {_CERTIFICATE.replace(_OTHER, _MISTYPED)}}}",
            region=_REGION,
        ),
        (
            _mistyped(
                "gateway.certificateArn",
                _MISTYPED,
                f"certificateArn: {_CERTIFICATE.replace(_OTHER, _ACCOUNT)}",
                "cluster.create.access.admins[0]",
            ),
        ),
    ),
    Bad(
        "the account of the cluster is mistyped, and two ARNs are not",
        stack(
            create(
                f'zones: 2, accountId: "{_MISTYPED}", access: {{admins: ["{_ADMIN.replace(_OTHER, _ACCOUNT)}",'
                f' "{_ADMIN.replace(_OTHER, _ACCOUNT)}2"]}}'
            ),
            MODEL,
            region=_REGION,
        ),
        (
            _mistyped(
                "cluster.create.accountId", _MISTYPED, f'accountId: "{_ACCOUNT}"', "cluster.create.access.admins[0]"
            ),
        ),
    ),
    Bad(
        "an account with a digit less, beside an id that ends in twelve digits",
        _here(f"gateway: {{domain: llm.acme.eu, certificateArn: arn:aws:acm:{_REGION}:22223333444:certificate/{_ID}}}"),
        (
            Mistake(
                "gateway.certificateArn",
                6,
                'got "arn:aws:acm:eu-central-1:22223333444:certificate/5f0c0000..."; allowed: an ACM certificate ARN',
                f"write certificateArn: arn:aws:acm:{_REGION}:{_ACCOUNT}:certificate/{_ID}",
            ),
        ),
    ),
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
                f"write, for example, certificateArn: arn:aws:acm:{_REGION}:{_ACCOUNT}:certificate/5f0c",
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
