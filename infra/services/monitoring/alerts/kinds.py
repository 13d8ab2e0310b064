"""The names of all alerts, and when each fires."""

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """The name of an alert, and of its page in docs/runbooks; in the order in which people read them."""

    GATEWAY_AWAY = "LlmGatewayAway"
    REQUESTS_FAIL = "LlmRequestsFail"
    FIRST_TOKEN_LATE = "LlmFirstTokenLate"
    POD_HAS_NO_NODE = "LlmPodHasNoNode"
    SERVER_DOES_NOT_START = "LlmServerDoesNotStart"
    WEIGHTS_NOT_DOWNLOADED = "LlmWeightsNotDownloaded"
    SCALER_HEARS_NOTHING = "LlmScalerHearsNothing"
    AT_MAXIMUM = "LlmModelAtMaximum"
    HELD_NEAR_LIMIT = "LlmHeldNearLimit"
    NEXT_VERSION_FAILS = "LlmNextVersionFails"
    NEXT_VERSION_SLOWER = "LlmNextVersionSlower"
    GPU_ERROR = "LlmGpuError"
    CACHE_NEARLY_FULL = "LlmCacheNearlyFull"
    CERTIFICATE_ENDS = "LlmCertificateEnds"
    BUDGET_NEARLY_SPENT = "LlmBudgetNearlySpent"
    BUDGET_PACE = "LlmBudgetPace"
    HEARTBEAT = "LlmHeartbeat"


WHEN: Mapping[Kind, str] = {
    Kind.GATEWAY_AWAY: "no pod of the gateway runs, or Prometheus reads none",
    Kind.REQUESTS_FAIL: "answers with 5xx use up the month's error budget too fast",
    Kind.FIRST_TOKEN_LATE: "first tokens that come too late use up the month's error budget too fast",
    Kind.POD_HAS_NO_NODE: "a pod has no node for longer than a new node takes",
    Kind.SERVER_DOES_NOT_START: "a server's image can't be had, or its container ends again and again",
    Kind.WEIGHTS_NOT_DOWNLOADED: "the download of a model's weights has failed",
    Kind.SCALER_HEARS_NOTHING: "Prometheus has no answer to a scaler for too long (a wrong login: see status)",
    Kind.AT_MAXIMUM: "a model has its maximum of replicas, and requests wait in their queues",
    Kind.HELD_NEAR_LIMIT: "a gateway pod holds 80 % of the requests that it may hold for a sleeping model",
    Kind.NEXT_VERSION_FAILS: "a next version answers with 5xx more often than the present one, by 2 points",
    Kind.NEXT_VERSION_SLOWER: "the first token of a next version comes half as late again",
    Kind.GPU_ERROR: "a GPU reported an error (XID) that isn't the program's fault",
    Kind.CACHE_NEARLY_FULL: "the volume with the weights is 90 % full",
    Kind.CERTIFICATE_ENDS: "the gateway's certificate ends within 14 days; critical within 3",
    Kind.BUDGET_NEARLY_SPENT: "80 % of the month's budget are spent, and at this pace it isn't enough",
    Kind.BUDGET_PACE: "at the last day's pace the month costs more than the budget",
    Kind.HEARTBEAT: "always: a service outside the cluster hears it every 5 minutes, and warns when it ends",
}
