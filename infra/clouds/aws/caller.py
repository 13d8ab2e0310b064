"""Who runs `pulumi up`: it has to be one of the admins, because a cluster that we make lets nobody else in."""

from collections.abc import Callable, Sequence

ADMINS = "cluster.create.access.admins"


class Stranger(Exception):
    """Whoever runs the program couldn't reach the cluster that it makes."""


def check_caller(arn: str, admins: Sequence[str], to_import: Callable[[str], str | None] = lambda _: None) -> None:
    """Raises Stranger, with the line to write, if the caller isn't an admin. `arn`: what AWS says of the caller.
    `to_import`: the command that imports the access entry which EKS itself made for a principal, on a cluster that
    exists.
    """
    principal = principal_of(arn)
    if principal is None:
        raise Stranger(
            f"{ADMINS}: you are {arn}, which EKS lets into no cluster; run `pulumi up` with a role or a user"
        )
    if _identity(principal) in {_identity(admin) for admin in admins}:
        return
    listed = ", ".join(f'"{each}"' for each in (*admins, principal))
    if command := to_import(principal):
        raise Stranger(
            f"{ADMINS}: you are {arn}, and none of the admins; if it was you who made the cluster, EKS let you in then,"
            " by an entry that EKS made itself, and refuses a second one. Write\n"
            f"  admins: [{listed}]\n  and take that entry into the stack before the next `pulumi up`:\n  {command}"
        )
    raise Stranger(
        f"{ADMINS}: you are {arn}, and none of the admins, so the cluster would be made and never let you in; write\n"
        f"  admins: [{listed}]\n"
        f"  (a role with a path has it in its ARN: `aws iam get-role --role-name {_name(principal)} --query Role.Arn`)"
    )


def principal_of(arn: str) -> str | None:
    """The IAM user or role behind a caller. For a session it is the role that issued it, without its path, which AWS
    leaves out. None: the root user or a federated user.
    """
    _, partition, service, _, account, resource = arn.split(":", 5)
    kind, _, name = resource.partition("/")
    if (service, kind) == ("sts", "assumed-role"):
        return f"arn:{partition}:iam::{account}:role/{name.partition('/')[0]}"
    return arn if service == "iam" and kind in ("user", "role") and name else None


def _identity(principal: str) -> tuple[str, str, str]:
    """Account, kind and name. Within an account a name is unique, whatever its path and its upper or lower case."""
    *_, account, resource = principal.split(":", 5)
    return account, resource.partition("/")[0], _name(principal).lower()


def _name(principal: str) -> str:
    return principal.rpartition("/")[2]
