"""`monitoring.logs`: where what the platform's pods write is kept."""

from typing import Literal

from pydantic import Field

from infra.settings.types import Section

# The number of days that CloudWatch keeps logs for; no other is possible.
Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365]


class LogsSection(Section):
    """Logs of the gateway, the model servers and the downloads."""

    to: Literal["cloudwatch"] = Field(description="a log group of the cluster's account, by Fluent Bit on each node")
    retention_days: Days = Field(default=30, description="how long they are kept", examples=[90])
