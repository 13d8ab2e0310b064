"""Where the pods of a client find its newest key, and what a person does so that they do."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from infra.plan.cluster import ClusterPlan
from infra.plan.gateway import ClientPlan
from infra.plan.labels import CLIENT_LABEL
from infra.plan.notes import Finding, Step, ToDo

CLIENT_KEY_FIELD = "OPENAI_API_KEY"  # in the Secret, as OpenAI's clients read it from the environment
ELSEWHERE = "-secret-elsewhere"  # how the logical name of a Secret in a client's own namespace ends


def secret_name(client: str) -> str:
    """In the models' namespace, and in the client's."""
    return f"llm-client-{client}"


def base_url(namespace: str) -> str:
    """Of all models, for pods of namespaces with the label of clients."""
    return f"http://gateway.{namespace}.svc.cluster.local/v1"


def secrets_of(client: ClientPlan, namespace: str, cluster: ClusterPlan, missing: Collection[str]) -> Mapping[str, str]:
    """Logical name -> namespace. On a cluster that exists the program may have rights in one namespace only, so the
    client's Secret is a person's; `missing` are namespaces that aren't there yet."""
    named = {f"client-{client.name}-secret": namespace}
    elsewhere = _elsewhere(client, namespace)
    if elsewhere is not None and cluster.made and elsewhere not in missing:
        named[f"client-{client.name}{ELSEWHERE}"] = elsewhere
    return named


def list_client_to_dos(clients: Iterable[ClientPlan], namespace: str, cluster: ClusterPlan) -> Iterator[Finding]:
    others = [(each, where) for each in clients if (where := _elsewhere(each, namespace)) is not None]
    for nth, where in enumerate(sorted({where for _, where in others})):
        first = next(each for each, its in others if its == where)
        label = f"{cluster.kubectl} label namespace {where} {CLIENT_LABEL}=true"
        when = "once the cluster exists and the team has made its namespace, " if cluster.made else ""
        message = f"{when}`{label}`: only pods of namespaces with this label reach the gateway"
        yield ToDo(_path(first), message, Step.CLIENT_NAMESPACES, nth)
    for nth, (client, where) in enumerate(others):
        if not cluster.made:
            message = f"after `pulumi up` and after each rotation, `{copy_command(client, namespace, where, cluster)}`"
            message += f": puts {client.name}'s newest key into its namespace, for which the program asks no rights"
            yield ToDo(_path(client), message, Step.CLIENT_SECRETS, nth)


def copy_command(client: ClientPlan, namespace: str, where: str, cluster: ClusterPlan) -> str:
    """It shows the key neither on the screen nor in the list of processes: `printf` is a part of the shell."""
    name = secret_name(client.name)
    read = f"{cluster.kubectl} get secret {name} -n {namespace} -o jsonpath='{{.data}}'"
    form = f'{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"{name}"}},"data":%s}}'
    return f"""printf '{form}' "$({read})" | {cluster.kubectl} apply --server-side -n {where} -f -"""


def _elsewhere(client: ClientPlan, namespace: str) -> str | None:
    return client.namespace if client.namespace != namespace else None


def _path(client: ClientPlan) -> str:
    return f"gateway.clients.{client.name}.namespace"
