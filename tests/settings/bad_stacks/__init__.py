"""Bad stack files, each with its exact messages."""

from tests.settings.bad_stacks.addons import ADDONS
from tests.settings.bad_stacks.capacity import CAPACITY
from tests.settings.bad_stacks.cluster import BAD_CLUSTERS
from tests.settings.bad_stacks.existing_eks import BAD_EXISTING_EKS
from tests.settings.bad_stacks.external import EXTERNAL
from tests.settings.bad_stacks.gateway import GATEWAY
from tests.settings.bad_stacks.karpenter import KARPENTER
from tests.settings.bad_stacks.models import MODELS
from tests.settings.bad_stacks.monitoring import MONITORING
from tests.settings.bad_stacks.own_nodes import OWN_NODES
from tests.settings.bad_stacks.places import PLACES
from tests.settings.bad_stacks.platform import PLATFORM
from tests.settings.bad_stacks.pools import POOLS
from tests.settings.bad_stacks.refused_by_engine import REFUSED_BY_ENGINE
from tests.settings.bad_stacks.scaling import SCALING
from tests.settings.bad_stacks.schedules import SCHEDULES
from tests.settings.bad_stacks.secrets import SECRETS
from tests.settings.bad_stacks.sections import SECTIONS
from tests.settings.bad_stacks.text import TEXT
from tests.settings.bad_stacks.versions import VERSIONS
from tests.settings.bad_stacks.writing import Bad

BAD_STACKS: tuple[Bad, ...] = (
    *TEXT,
    *SECTIONS,
    *BAD_CLUSTERS,
    *BAD_EXISTING_EKS,
    *OWN_NODES,
    *POOLS,
    *CAPACITY,
    *KARPENTER,
    *MODELS,
    *REFUSED_BY_ENGINE,
    *SECRETS,
    *ADDONS,
    *PLACES,
    *PLATFORM,
    *GATEWAY,
    *EXTERNAL,
    *VERSIONS,
    *SCHEDULES,
    *SCALING,
    *MONITORING,
)
