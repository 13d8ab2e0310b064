"""Traffic files: our columns, those of published traces, and each way in which a file is wrong."""

import pytest

from infra.project import PROJECT
from infra.simulate import traffic_file
from infra.simulate.arrivals import Arrivals
from infra.simulate.clients import ClientLimits
from infra.simulate.patterns import DAY, HOUR
from infra.simulate.traffic_file import AFTER_LAST, BadTraffic, read_traffic

_NAMES = {"chat": "chat", "support": "chat", "small": "small"}  # support is an adapter of chat
_AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens"
_HEADER = "time,model,input_tokens,output_tokens"


def read(*lines: str, model: str | None = None, names: dict[str, str] = _NAMES) -> Arrivals:
    return read_traffic(list(lines), names, model)


def test_rows_are_sorted_and_adapters_are_their_model() -> None:
    found = read(_HEADER, "5,small,10,2", "1.5,support,20,3")
    assert list(found.times) == [1.5, 5]
    assert [found.names[each] for each in found.models] == ["chat", "small"]
    assert (list(found.prompts), list(found.outputs)) == ([20, 10], [3, 2])
    assert found.seconds == 5 + AFTER_LAST


@pytest.mark.parametrize(
    "lines",
    [
        (_AZURE, "2023-11-16 18:17:03.9799600,4808,10", "2023-11-16 18:17:05,3180,8"),
        ("Timestamp,Model,Request tokens,Response tokens,Log Type", "5,ChatGPT,4808,10,x", "6.02,GPT-4,3180,8,x"),
        ("\ufefftime,input_tokens,output_tokens", "0,4808,10", "1.02004,3180,8"),
    ],
    ids=["azure", "burstgpt", "ours-without-model"],
)  # fmt: skip
def test_published_traces_are_read_for_one_model(lines: tuple[str, ...]) -> None:
    found = read(*lines, model="chat")
    assert list(found.prompts) == [4808, 3180]
    assert found.times[1] - found.times[0] == pytest.approx(1.02, abs=0.001)
    assert found.names == ("chat",)


def test_dates_may_have_time_zones() -> None:
    found = read(_HEADER, "2026-11-26T08:00:00+01:00,chat,1,1", "2026-11-26T07:00:30Z,chat,1,1")
    assert list(found.times) == [0, 30]
    assert found.dated
    assert found.begins == 3 * DAY + 7 * HOUR  # a Thursday, in UTC


def test_a_file_without_dates_begins_where_it_is_said_to() -> None:
    assert read_traffic([_HEADER, "3,chat,1,1"], _NAMES, None, 82_800).begins == 82_800


def test_the_only_model_needs_no_name() -> None:
    assert read("time,input_tokens,output_tokens", "1,2,3", names={"one": "one"}).names == ("one",)


@pytest.mark.parametrize(
    ("lines", "where", "what"),
    [
        ((), "line 1", "no column time, model, input_tokens, output_tokens"),
        (("a,b,c", "1,2,3"), "line 1", "no column"),
        (("time,input_tokens,output_tokens", "1,2,3"), "line 1", "--model NAME"),
        ((_HEADER,), "the file", "no rows"),
        ((_HEADER, "-0.5,chat,1,1"), "line 2", "0 or more"),
        ((_HEADER, "inf,chat,1,1"), "line 2", "0 or more"),
        ((_HEADER, "nan,chat,1,1"), "line 2", "0 or more"),
        ((_HEADER, "noon,chat,1,1"), "line 2", "2026-11-26T08:00:00Z"),
        ((_HEADER, "1,gpt-4,1,1"), "line 2", "chat, small, support"),
        ((_HEADER, "1,chat,0,1"), "line 2", "input_tokens"),
        ((_HEADER, "1,chat,1,2.5"), "line 2", "output_tokens"),
        ((_HEADER, "1,chat"), "line 2", "2 cells"),
        ((_HEADER, "1"), "line 2", "1 cell,"),
        ((_HEADER, "1,chat,1,100000001"), "line 2", "100,000,000"),
        ((_HEADER.replace(",", ";"), "1;chat;1;1"), "line 1", "separated by commas"),
        ((_HEADER, "1,chat,1,1", "1e12,chat,1,1"), "column time", "at most 31"),
        ((_HEADER, "1026-11-26,chat,1,1", "2026-11-26,chat,1,1"), "column time", "at most 31"),
        ((_HEADER, "1,chat,1,1", "2026-11-26,chat,1,1"), "column time", "one way"),
    ],
)
def test_a_wrong_file_says_where_and_what(lines: tuple[str, ...], where: str, what: str) -> None:
    with pytest.raises(BadTraffic) as bad:
        read(*lines)
    assert bad.value.mistakes[0][0] == where
    assert what in bad.value.mistakes[0][1]


_CLIENTS = (ClientLimits("web", ("chat",), 1, 1), ClientLimits("jobs", ("chat", "small"), 1, 1))


def test_rows_may_say_who_asks() -> None:
    lines = [f"{_HEADER},client", "2,chat,1,1,web", "1,small,1,1,jobs"]
    assert list(read_traffic(lines, _NAMES, None, clients=_CLIENTS).clients) == [1, 0]


def test_a_client_that_is_not_there_or_may_not_call_the_model_is_wrong() -> None:
    lines = [f"{_HEADER},client", "1,small,1,1,web", "2,chat,1,1,nobody", "3,chat,1,1,"]
    with pytest.raises(BadTraffic) as bad:
        read_traffic(lines, _NAMES, None, clients=_CLIENTS)
    said = dict(bad.value.mistakes)
    assert "may not call small: it may call chat" in said["line 2"]
    assert "web, jobs" in said["line 3"]
    assert "web, jobs" in said["line 4"]


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(BadTraffic) as bad:
        read(_HEADER, "-1,gpt,0,0", "1,chat,1,1", "2,chat,x,1")
    assert [where for where, _ in bad.value.mistakes] == ["line 2"] * 4 + ["line 4"]


def test_more_rows_than_can_be_played_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_file, "MAX_REQUESTS", 2)
    rows = iter([_HEADER, *["1,chat,1,1"] * 3, "never,read"])
    with pytest.raises(BadTraffic) as bad:
        read_traffic(rows, _NAMES, None)
    assert bad.value.mistakes == [("the file", "more than 2 requests, which is what can be played")]
    assert list(rows) == ["never,read"]


def test_the_sample_has_the_requests_and_the_source_that_its_page_says() -> None:
    folder = PROJECT / "examples" / "traffic"
    with (folder / "azure-conversations-2023.csv").open(encoding="utf-8") as lines:
        found = read_traffic(lines, {"chat": "chat"}, "chat")
    page = (folder / "README.md").read_text(encoding="utf-8")
    prompt, output = found.mean("chat")
    assert f"{len(found.times):,} requests" in page
    assert f"prompts of {prompt:,.0f} tokens and answers of {output:,.0f}" in page
    assert found.times[-1] < HOUR
    for needed in ("Creative Commons Attribution 4.0", "https://github.com/Azure/AzurePublicDataset", "every tenth"):
        assert needed in page
