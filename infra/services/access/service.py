"""What applications are given: API keys, and where the models are."""

from infra.owner import Part
from infra.services.service import Service


class Access(Part, Service):
    name, title = "access", "API keys and endpoints"
    owns = ("llm:kubernetes:ApiKey", "llm:kubernetes:Endpoints")


ACCESS = Access()
