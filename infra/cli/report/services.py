"""What each service says of itself."""

from collections.abc import Iterator

from infra.cli.document import Column, Section
from infra.plan.plan import Plan
from infra.registry import services


def service_sections(plan: Plan) -> Iterator[Section]:
    for service in services():
        for table in service.report(plan):
            columns = tuple(Column(title) for title in table.header)
            yield Section(table.title, columns, table.rows, table.note)
