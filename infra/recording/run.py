"""A run of a program on the monitor that records, with what the SDK itself takes too long for."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from typing import Any

from google.protobuf import empty_pb2
from pulumi import Resource
from pulumi.runtime import mocks, resource, resource_cycle_breaker, set_all_config, settings
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.stack import Stack, wait_for_rpcs

from infra.recording.monitor import PROJECT, Answers, RecordingMonitor
from infra.recording.recorded import Recording

_SDK: Any = settings.SETTINGS  # its properties are made by a decorator that no type checker sees through


def record(
    program: Callable[[], None],
    *,
    stack: str,
    config: Mapping[str, str] | None = None,
    secret_keys: tuple[str, ...] = (),
    answers: Answers | None = None,
    stacks: Mapping[str, Mapping[str, Any]] | None = None,
    preview: bool = False,
) -> Recording:
    """Run `program` as the stack's program. `answers` maps a function's token to what its provider would return.

    `stacks` has the outputs of the stacks to which it may refer, as recorded from them.
    """
    monitor = RecordingMonitor(answers or {}, stacks or {}, preview)
    settings.configure(
        mocks.MockSettings(
            monitor=monitor,
            monitor_features=set(monitor.GetDeploymentInfo(empty_pb2.Empty()).supportedFeatures),
            engine=mocks.MockEngine(None),
            project=PROJECT,
            stack=stack,
            dry_run=preview,
            organization="organization",
            callbacks=None,
        )
    )
    settings.ROOT.set(None)  # else the root of an earlier run in this process would be used
    set_all_config(dict(config or {}), list(secret_keys))
    _SDK.outputs.clear()  # an earlier run that failed may have left some
    loop = asyncio.new_event_loop()
    loop.set_default_executor(_Inline())
    asyncio.set_event_loop(loop)
    try:
        with _faster_sdk():
            loop.run_until_complete(_run_in_stack(program))
    finally:
        for task in asyncio.all_tasks(loop):  # some are left where the program raised
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
    monitor.recording.resources.sort(key=lambda r: r.urn)
    return monitor.recording


@contextmanager
def _faster_sdk() -> Iterator[None]:
    """With each resource the SDK sends the calls that made it: to read them takes long, and no recording has them. And
    its search for circles is a tenth of the recording of sixty models."""
    read, search = resource._get_stack_trace, resource_cycle_breaker._reachable
    resource._get_stack_trace = source_pb2.StackTrace
    resource_cycle_breaker._reachable = _reachable
    try:
        yield
    finally:
        resource._get_stack_trace, resource_cycle_breaker._reachable = read, search


def _reachable(from_resource: Resource, to_resource: Resource) -> bool:
    """As the SDK's own function, whose generators hand each resource up through all those between."""
    seen, ahead = {from_resource}, [from_resource]
    while ahead:
        here = ahead.pop()
        if here is to_resource:
            return True
        new = resource_cycle_breaker._deps(here) - seen
        seen |= new
        ahead.extend(new)
    return False


async def _run_in_stack(program: Callable[[], None]) -> None:
    """Like the SDK's `run_in_stack`, but it awaits each Output once: the SDK goes through all after each one."""
    root = Stack()
    try:
        program()
    finally:
        root._finish()
    while _SDK.rpc_manager.rpcs or _SDK.outputs:
        await wait_for_rpcs(await_all_outstanding_tasks=False)
        pending = list(_SDK.outputs)
        _SDK.outputs.clear()
        await asyncio.gather(*pending)


class _Inline(futures.ThreadPoolExecutor):
    """Runs each request at once. The SDK uses threads, because an engine may answer late; this monitor never does."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        future: futures.Future[Any] = futures.Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
