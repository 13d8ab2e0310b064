"""Questions to a Prometheus, over its HTTP API. Nothing is written there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

_SECONDS = 60  # Prometheus itself ends a query after two minutes


class NoAnswer(Exception):
    """Prometheus couldn't be reached, or refused a query; the text says which."""


@dataclass(frozen=True)
class Sample:
    """One element of an answer."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Prometheus:
    """`url` without a path below it; `token` is sent as a bearer token, and is never printed."""

    url: str
    token: str | None = None
    at: float | None = None  # seconds since 1970; None: now

    def ask(self, query: str) -> list[Sample]:
        """The elements of an instant query. Raises NoAnswer."""
        data = {"query": query} | ({"time": str(self.at)} if self.at is not None else {})
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = Request(f"{self.url.rstrip('/')}/api/v1/query", urlencode(data).encode(), headers)
        answer = self._read(request)
        try:
            return [Sample(each["metric"], float(each["value"][1])) for each in answer["data"]["result"]]
        except (KeyError, TypeError, ValueError):
            raise NoAnswer(f"{self.url} answers, but not as Prometheus does") from None

    def _read(self, request: Request) -> Any:
        try:
            with urlopen(request, timeout=_SECONDS) as response:
                return json.load(response)
        except HTTPError as error:
            raise NoAnswer(f"{self.url} answers {error.code}: {_said(error)}") from None
        except (URLError, OSError) as error:
            raise NoAnswer(f"{self.url} can't be reached: {getattr(error, 'reason', error)}") from None
        except ValueError:
            raise NoAnswer(f"{self.url} answers, but not as Prometheus does") from None


def _said(error: HTTPError) -> str:
    """What Prometheus says of a refused query, or the status alone."""
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return str(error.reason)
