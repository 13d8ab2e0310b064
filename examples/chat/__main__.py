"""A web page that uses a model of the platform: reads the platform's outputs and deploys a web service."""

import pulumi
import pulumi_kubernetes as k8s

from chat_service import ChatService
from llm_platform import PlatformOutputs


def pinned(image: str) -> str:
    """`repository:tag` or `repository@sha256:...`. The port of a registry isn't a tag."""
    tag = image.rpartition("/")[2].partition(":")[2]
    if tag in ("", "latest"):
        raise pulumi.RunError(f"chat:image is {image!r}, which may be another image tomorrow: write a tag or a digest")
    return image


config = pulumi.Config("chat")
image = pinned(config.require("image"))
model = PlatformOutputs.from_stack(config.require("platform")).model(config.require("model"))
cluster = k8s.Provider("cluster", context=config.require("context"))

service = ChatService(
    "chat",
    namespace="chat",
    image=image,
    base_url=model.base_url_in_cluster,
    model=model.model,
    api_key=model.api_key,
    timeout_seconds=model.timeout_seconds,
    opts=pulumi.ResourceOptions(provider=cluster),
)

pulumi.export("open", "kubectl --namespace chat port-forward service/chat 8000:80")
pulumi.export("url_in_cluster", service.url)
