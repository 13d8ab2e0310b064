"""What to write for a key that has another name here."""

import re
from collections.abc import Collection

_OTHER_CURRENCY = re.compile(r"(?:eur|euros?|gbp|chf|sek|nok|dkk|pln|czk|jpy|inr|cad|aud)(Per\w+)")
# Words that people write for a key that has another name here: keys of the section where they do, and what to write.
# A URL: of a service of the cluster, of another platform, of somebody who is notified.
_SECRET_URL = "keySecret: alertKey-NAME, a secret of the stack that has it (`pulumi config set --secret alertKey-NAME`)"
_NODES, _MODEL = {"gpusPerNode"}, {"maxModelLen"}
# Names in lower case, keys of the section where people write them, and what to write.
_OTHERWISE = (
    ("spot spotinstances", {"capacity"}, "capacity: spot"),
    ("ondemand", {"capacity"}, "capacity: on-demand"),
    ("count", _NODES, "nodes: the number of nodes"),
    ("max maxnodes", _NODES, "max beside existing, and not in it"),
    ("gpus gpucount", _NODES, "gpusPerNode"),
    ("labels nodelabels", _NODES, "selector"),
    ("taints", _NODES, "tolerations"),
    ("price", _NODES, "usdPerGpuHour"),
    ("usdpernodehour", _NODES, "usdPerGpuHour, the price of a node divided by gpusPerNode"),
    ("type gputype model", _NODES, "gpu"),
    ("context contextlength maxcontext contextwindow numctx maxseqlen", _MODEL, "maxModelLen"),
    ("minreplicas maxreplicas", _MODEL, "replicas: {min: ..., max: ...}"),
    ("tensorparallelsize tensorparallel tp gpucount", _MODEL, "gpus"),
    ("dtype precision", _MODEL, "quantization"),
    ("enabled disabled", _MODEL, "paused: true for a model without a pod"),
    ("instancetype instancetypes", _MODEL, "pool: NAME, and gpuPools.NAME.instanceTypes"),
    ("limit amount max maximum", {"usdPerMonth"}, "usdPerMonth"),
    ("usdperday", {"usdPerMonth"}, "usdPerMonth, and 30 times the number"),
    ("usdperyear", {"usdPerMonth"}, "usdPerMonth, and a twelfth of the number"),
    ("url", {"service"}, "service, namespace and port: rerank, tools and 8080 of http://rerank.tools:8080"),
    ("url", {"baseUrl"}, "baseUrl"),
    ("url", {"keySecret"}, _SECRET_URL),
    ("rpm", {"requestsPerMinute"}, "requestsPerMinute"),
    ("tpm", {"tokensPerMinute"}, "tokensPerMinute"),
    ("requestspersecond", {"requestsPerMinute"}, "requestsPerMinute, and 60 times the number"),
    ("tokenspersecond", {"tokensPerMinute"}, "tokensPerMinute, and 60 times the number"),
    ("region", {"cluster", "create", "zones"}, "aws:region beside llm-platform:platform"),
)
# Keys that would do nothing: those of the section where people write them, and why.
_IN_VAIN = (
    (
        "efa",
        {"instanceTypes"},
        "leave it out: EFA connects servers that span nodes, and a replica here is on one node",
    ),
    ("min capacity nodegroups instancetypes", _NODES, "leave it out: nodes that exist are as they are"),
)


def written_otherwise(key: str, known: Collection[str]) -> str | None:
    """The message for a name that other programs use for a key: it is no typo, so no known key is similar to it."""
    for names, beside, write in _OTHERWISE:
        if key.lower() in names.split() and beside & set(known):
            return f"write {write}"
    for names, beside, why in _IN_VAIN:
        if key.lower() in names.split() and beside & set(known):
            return why
    currency = _OTHER_CURRENCY.fullmatch(key)
    dollars = f"usd{currency[1]}" if currency else None
    return f"prices are in US dollars here; write {dollars}" if dollars in known else None
