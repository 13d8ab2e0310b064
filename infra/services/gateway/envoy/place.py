"""Where an Envoy runs: its folder, its ports and how it finds the other Envoys of the same gateway."""

from dataclasses import dataclass

from infra.services.gateway.times import MEMORY_MIB

LINK = "..data"  # in the folder: where all files are


@dataclass(frozen=True)
class Place:
    """In a pod, in `make try` and in tests the same files are written, for another place."""

    folder: str  # Envoy reads its files again when something in this folder gets another name
    port: int  # for clients
    metrics_port: int  # /stats/prometheus, and nothing else
    admin_port: int  # on loopback only: /config_dump shows keys
    address: str = "0.0.0.0"  # on which the first two listen
    peers: tuple[tuple[str, int], ...] = ()  # DNS names or addresses of all Envoys of this gateway, this one too
    memory_mib: int = MEMORY_MIB  # of its container
    upload_seconds: int = 120  # until the whole request must have come
    certificates: str = "/etc/ssl/certs/ca-certificates.crt"  # of those who sign for providers: the image has it
    tls_folder: str = "/etc/envoy-tls"  # of the certificate, where the gateway has TLS itself
    tls_port: int = 8443
    full_names: bool = False  # DNS names are complete: none of the pod's search domains is tried before

    def path(self, file: str) -> str:
        return f"{self.folder}/{LINK}/{file}"

    def tls_path(self, file: str) -> str:
        return f"{self.tls_folder}/{LINK}/{file}"


def in_pod(namespace: str) -> Place:
    """The place of the Deployment `gateway`: one projected volume, so that all files change in one step. The kubelet
    writes them into a new folder, then exchanges the link LINK to it. The links beside it that lead to single files
    may come later, and a listener whose file isn't there yet would be refused until the next change."""
    return Place(
        folder="/etc/envoy",
        full_names=True,
        port=8080,
        metrics_port=9902,
        admin_port=9901,
        peers=((f"gateway-pods.{namespace}.svc.cluster.local", 8080),),
    )
