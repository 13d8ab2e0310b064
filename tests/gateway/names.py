"""A DNS server for one name whose addresses a test changes, as Kubernetes does with the pods that are ready."""

import socket
import struct
import threading

_A, _IN, _TTL = 1, 1, 1
_ANSWER = 0x8580  # an answer, with authority, to a question that asked for recursion
_SAME_NAME = 0xC00C  # the name of the question


class Names:
    """Answers each question for an A record with all `addresses`, and each other one with none."""

    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Names":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """An empty packet ends it."""
        self._socket.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            packet, asker = self._socket.recvfrom(512)
            if not packet:
                return
            self._socket.sendto(self._answer(packet), asker)

    def _answer(self, packet: bytes) -> bytes:
        end = packet.index(b"\0", 12) + 5
        question = packet[12:end]
        (kind,) = struct.unpack(">H", question[-4:-2])
        addresses = self.addresses if kind == _A else []
        head = packet[:2] + struct.pack(">5H", _ANSWER, 1, len(addresses), 0, 0)
        records = (
            struct.pack(">3HIH", _SAME_NAME, _A, _IN, _TTL, 4) + socket.inet_aton(address) for address in addresses
        )
        return head + question + b"".join(records)
