"""`llm-platform COMMAND`. Commands import what they need when they run, so that a light one stays light."""

import click

from infra.cli.client_app import client
from infra.cli.diff_app import diff
from infra.cli.fit_app import fit
from infra.cli.model_app import model
from infra.cli.options import InOrder
from infra.cli.plan_app import plan
from infra.cli.repair_app import repair
from infra.cli.schema_app import schema
from infra.cli.simulate_app import simulate
from infra.cli.smoke_app import smoke
from infra.cli.status_app import status
from infra.cli.try_app import try_
from infra.cli.usage_app import usage
from infra.cli.versions_app import promote, rollback
from infra.cli.weights_app import weights


@click.group(
    name="llm-platform",
    cls=InOrder,
    commands=[
        *(plan, fit, model, client, promote, rollback, diff),
        *(simulate, try_, smoke, status, weights, repair, usage, schema),
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
def main() -> None:
    """LLM Platform: what a stack file of served models makes, needs and costs, before `pulumi up`.

    plan, fit, diff, try and schema work offline: no cloud, no credentials, no Pulumi CLI. Each command has its own
    --help, with its exit codes; 0 is always: done.
    """
