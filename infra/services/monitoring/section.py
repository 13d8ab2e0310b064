"""`addons.prometheus.existing.auth`: how KEDA logs in at a Prometheus that requires a login."""

from typing import Annotated

from pydantic import Field

from infra.clouds.aws.types import RoleArn
from infra.settings.types import SecretKey, SecretName, Section


class BearerSecret(Section):
    """A Secret in the models' namespace that contains a token."""

    name: SecretName = Field(description="name of a Secret in the models' namespace", examples=["prometheus-login"])
    key: SecretKey = Field(default="token", description="key of the Secret that contains the token")


class BasicSecret(Section):
    """A Secret in the models' namespace that contains a user name and a password. The default keys are those of a
    Secret of type `basic-auth`."""

    name: SecretName = Field(description="name of a Secret in the models' namespace", examples=["prometheus-login"])
    username_key: SecretKey = Field(default="username", description="key of the Secret that contains the user name")
    password_key: SecretKey = Field(default="password", description="key of the Secret that contains the password")


class CaSecret(Section):
    """A Secret in the models' namespace that contains the certificate of a CA."""

    name: SecretName = Field(description="name of a Secret in the models' namespace", examples=["prometheus-ca"])
    key: SecretKey = Field(default="ca.crt", description="key of the Secret that contains the certificate, as PEM")


class SigV4(Section):
    """Requests signed for Amazon Managed Prometheus, with the rights of KEDA's operator."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", examples=["us-east-1"], title="region")] | None = (
        Field(default=None, description="region of the workspace; when absent, it is read from the URL")
    )
    role_arn: RoleArn | None = Field(
        default=None, description="role that KEDA's operator assumes; when absent, it uses its own role"
    )


class PrometheusLogin(Section):
    """One of `bearerSecret`, `basicSecret` and `sigv4`; `caSecret` beside a login from a Secret, or alone."""

    bearer_secret: BearerSecret | None = Field(
        default=None,
        description="log in with a token from a Secret",
        examples=[{"name": "prometheus-login", "key": "token"}],
    )
    basic_secret: BasicSecret | None = Field(
        default=None,
        description="log in with a user name and a password from a Secret",
        examples=[{"name": "prometheus-login"}],
    )
    sigv4: SigV4 | None = Field(
        default=None, description="sign requests for Amazon Managed Prometheus", examples=[{"region": "us-east-1"}]
    )
    ca_secret: CaSecret | None = Field(
        default=None,
        description="the CA that signed the certificate of this Prometheus, where it isn't a public one",
        examples=[{"name": "prometheus-ca"}],
    )
