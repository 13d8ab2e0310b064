"""The names of a model's next version: a second server under one name."""

from dataclasses import dataclass

NEXT = "next"  # the key in the stack file, and what a request says that asks for it
PRESENT = "present"  # what a request says that asks for the model's own server
VERSION = "x-llm-version"  # the header of a request that asks for one, and of an answer that says whose it is
ALL = 100  # percent of the requests
# Who answers as many gets at most a quarter more when the others come, and has replicas for that: another one starts
# before those that run are full.
ENOUGH = 80


@dataclass(frozen=True)
class ServerName:
    """What the objects of a server are called, and where its settings are."""

    name: str
    next_of: str | None = None  # the model whose next version it is

    @property
    def path(self) -> str:
        return f"models.{self.next_of}.{NEXT}" if self.next_of else f"models.{self.name}"


def server_of_next(name: str) -> str:
    return f"{name}-{NEXT}"


def present_of(server: str) -> str:
    """The model whose next version a server is or was, by its name."""
    return server.removesuffix(f"-{NEXT}")
