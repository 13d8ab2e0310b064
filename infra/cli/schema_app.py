"""`schema`: what editors and other programs read."""

import click


@click.command(short_help="The JSON Schema of the stack file, or of the outputs.")
@click.argument("what", type=click.Choice(["stack", "outputs"]))
def schema(what: str) -> None:
    """The JSON Schema of the whole stack file, for editors, or of the stack's outputs."""
    import json

    if what == "stack":
        from infra.stack_file import stack_file_schema

        content = stack_file_schema()
    else:
        from infra.output_contract import PlatformOutputs

        content = PlatformOutputs.model_json_schema()
    click.echo(json.dumps(content, indent=2))
