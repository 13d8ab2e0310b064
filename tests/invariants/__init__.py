"""The rules that hold for every stack, each a function from a planned stack to sentences that name what breaks it.

They read what was recorded, as the engine would be asked to make it; of the plan only what no resource shows.
"""

from collections.abc import Callable, Mapping

from infra.offline import Planned
from tests.invariants.arguments import engines_accept_their_arguments, engines_find_their_files, no_prompt_is_logged
from tests.invariants.capacity import kinds_are_asked_for_in_order
from tests.invariants.charts import what_charts_make_is_known
from tests.invariants.exposure import only_the_gateway_is_reachable, pods_are_restricted, secrets_stay_secret
from tests.invariants.gateway_times import the_gateways_times_agree
from tests.invariants.leaving import nothing_leaves_unnamed
from tests.invariants.one_scaler import each_deployment_has_one_scaler
from tests.invariants.order import data_is_kept, names_come_from_the_stack_file, teardown_is_ordered
from tests.invariants.placement import (
    gpu_nodes_are_tolerated_by_whom_they_are_for,
    gpus_at_peak_exist,
    pods_fit_a_pool_at_zero_nodes,
)
from tests.invariants.scaling import queries_scale_on_what_exists
from tests.invariants.space import an_rwo_volume_has_one_reader, images_and_caches_fit_the_disk, weights_fit_the_gpu
from tests.invariants.timeouts import timeouts_agree

Rule = Callable[[Planned], list[str]]

RULES: Mapping[str, Rule] = {
    "1 tolerations": gpu_nodes_are_tolerated_by_whom_they_are_for,
    "2 scale from zero": pods_fit_a_pool_at_zero_nodes,
    "2 order of capacity": kinds_are_asked_for_in_order,
    "3 GPUs at peak": gpus_at_peak_exist,
    "4 GPU memory": weights_fit_the_gpu,
    "4 disks": images_and_caches_fit_the_disk,
    "4 volumes": an_rwo_volume_has_one_reader,
    "5 timeouts": timeouts_agree,
    "5 gateway": the_gateways_times_agree,
    "6 queries": queries_scale_on_what_exists,
    "6 one scaler": each_deployment_has_one_scaler,
    "7 secrets": secrets_stay_secret,
    "7 leaving": nothing_leaves_unnamed,
    "8 pod security": pods_are_restricted,
    "9 paths": only_the_gateway_is_reachable,
    "10 names": names_come_from_the_stack_file,
    "11 teardown": teardown_is_ordered,
    "11 data": data_is_kept,
    "12 arguments": engines_accept_their_arguments,
    "12 files": engines_find_their_files,
    "12 charts": what_charts_make_is_known,
    "7 prompts": no_prompt_is_logged,
}
