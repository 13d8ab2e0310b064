"""Hosted models, and fallbacks to them."""

from infra.settings.mistakes import Mistake
from tests.settings.bad_stacks.writing import LAPTOP, Bad, stack

_MODELS = 'models: {a: {model: "llama3.2:1b", engine: ollama, gpus: 0}}'
_USED = "gateway: {clients: {web: {models: [all, gpt]}}}"
_KEY = "keySecret: externalKey-x"
_SAYS = "write https://HOST/v1, as the provider's page for OpenAI's clients says"


def _url(name: str, url: str, got: str, write: str) -> Bad:
    text = stack(LAPTOP, _MODELS, f'external: {{gpt: {{baseUrl: "{url}", model: x, {_KEY}}}}}', _USED, region=None)
    return Bad(name, text, (Mistake("external.gpt.baseUrl", 5, got, write),))


def _fallback(name: str, fallback: str, path: str, got: str, write: str) -> Bad:
    models = (
        f'models: {{a: {{model: "llama3.2:1b", engine: ollama, gpus: 0, fallback: {fallback}}},'
        ' asleep: {model: "llama3.2:1b", engine: ollama, gpus: 0, replicas: {min: 0, max: 1}},'
        ' off: {model: "llama3.2:1b", engine: ollama, gpus: 0, paused: true},'
        ' b: {model: "llama3.2:1b", engine: ollama, gpus: 0}}'
    )
    external = f'external: {{gpt: {{baseUrl: "https://api.example.net/v1", model: x, {_KEY}}}}}'
    text = stack(LAPTOP, models, external, _USED, "addons: {keda: install, prometheus: install}", region=None)
    return Bad(f"a fallback {name}", text, (Mistake(path, 4, got, write),))


_OWN = "serve it by models"
EXTERNAL: tuple[Bad, ...] = (
    Bad(
        "addresses of an external that are no network",
        stack(
            LAPTOP,
            _MODELS,
            f'external: {{gpt: {{baseUrl: "https://api.example.net/v1", model: x, {_KEY}, cidrs: [10.0.0.0/40]}}}}',
            _USED,
            region=None,
        ),
        (Mistake("external.gpt.cidrs[0]", 5, "10.0.0.0/40 isn't an IPv4 network", "write one such as 10.0.0.0/16"),),
    ),
    _url(
        "an external in plain HTTP",
        "http://api.example.net/v1",
        "http://: prompts and the provider's key would leave the network unencrypted",
        "write https://api.example.net/v1",
    ),
    _url(
        "an external with a password",
        "https://me:hunter2@api.example.net/v1",
        "has a user or a password in it (not shown): revoke it",
        "write the URL without, and keySecret",
    ),
    _url(
        "an external at a private address",
        "https://10.0.0.5/v1",
        "a private address: a server of your network isn't external; a certificate is for a name",
        _OWN,
    ),
    _url("an external at an address", "https://8.8.8.8/v1", "an address; a certificate is for a name", _SAYS),
    _url(
        "an external in the cluster",
        "https://vllm.llm.svc/v1",
        "vllm.llm.svc: a name that only your network knows isn't external",
        _OWN,
    ),
    _url(
        "an external with the whole path",
        "https://api.example.net/v1/chat/completions",
        "ends with /chat/completions, which the gateway adds",
        "write https://api.example.net/v1",
    ),
    _url(
        "an external with a query",
        "https://api.example.net/v1?version=2",
        "has a part behind ? or #, which no request would have",
        "write https://api.example.net/v1",
    ),
    Bad(
        "two externals that nobody may use",
        stack(
            LAPTOP,
            _MODELS,
            "external:",
            f'  gpt: {{baseUrl: "https://api.example.net/v1", model: x, {_KEY}}}',
            f'  large: {{baseUrl: "https://api.example.net/v1", model: y, {_KEY}}}',
            "gateway: {clients: {web: {models: [a]}}}",
            region=None,
        ),
        tuple(
            Mistake(
                f"external.{name}",
                line,
                "no client may use it, and no model falls back to it",
                f"write gateway.clients.web.models: [a, gpt, large], or models.NAME.fallback: {name}",
            )
            for name, line in (("gpt", 6), ("large", 7))
        ),
    ),
    Bad(
        "an external without a key, whose names are taken, and that nobody may use",
        stack(
            LAPTOP,
            _MODELS,
            "external:",
            '  gpt: {baseUrl: "https://api.example.net/v1", model: x}',
            f'  a: {{baseUrl: "https://api.example.net/v1", model: x, {_KEY}}}',
            _USED,
            region=None,
        ),
        (
            Mistake(
                "external.gpt.keySecret",
                6,
                "missing; needs a name of a secret, externalKey-NAME of at most 60 characters",
                "write, for example, keySecret: externalKey-openai",
            ),
            Mistake("external.a", 7, "a request could mean the model a too", "write a-external"),
            Mistake(
                "external.a",
                7,
                "no client may use it, and no model falls back to it",
                "write gateway.clients.web.models: [all, gpt, a], or models.NAME.fallback: a",
            ),
        ),
    ),
    Bad(
        "a key in place of its name",
        stack(
            LAPTOP,
            _MODELS,
            'external: {gpt: {baseUrl: "https://api.example.net/v1", model: x, keySecret: sk-abcdefghijklmnopqrst}}',
            _USED,
            region=None,
        ),
        (
            Mistake(
                "external.gpt.keySecret",
                5,
                "a credential in plain text (value not shown). Revoke it, then:",
                "pulumi config set --secret externalKey-gpt -s dev",
            ),
        ),
    ),
    Bad(
        "a provider's key that no external has",
        "config:\n  llm-platform:externalKey-y: {secure: v1:abc}\n"
        + stack(
            LAPTOP,
            _MODELS,
            f'external: {{gpt: {{baseUrl: "https://api.example.net/v1", model: x, {_KEY}}}}}',
            _USED,
            region=None,
        ).removeprefix("config:\n"),
        (
            Mistake(
                "externalKey-y",
                2,
                "no external has this keySecret; did you mean externalKey-x?",
                "pulumi config rm externalKey-y -s dev",
            ),
        ),
    ),
    _fallback("to itself", "a", "models.a.fallback", "the model itself", "write gpt"),
    _fallback(
        "to a sleeping model",
        "{to: asleep}",
        "models.a.fallback.to",
        "asleep sleeps while nobody asks: it couldn't answer at once",
        "write gpt",
    ),
    _fallback(
        "to a paused model", "off", "models.a.fallback", "off is paused: it couldn't answer at once", "write gpt"
    ),
    _fallback(
        "to another model",
        "b",
        "models.a.fallback",
        "the model b of this platform; a fallback is a key of external",
        "write gpt",
    ),
    _fallback(
        "of a model whose replicas are chosen by the body",
        "gpt, affinity: user",
        "models.a.affinity",
        "user, and the model has a fallback: `user` isn't known where one of the model's replicas is chosen",
        "write session, and callers send the header x-llm-session; or leave affinity or fallback out",
    ),
    _fallback("to nobody", "gtp", "models.a.fallback", "no external gtp; there are gpt", "write gpt"),
    _fallback(
        "before a sleeping next version would wake",
        "{to: gpt, afterSeconds: 5}, rollout: {strategy: blueGreen}, next: {replicas: {min: 0, max: 1}}",
        "models.a.fallback.afterSeconds",
        "5 s: its next version sleeps while nobody asks, and would never see why to wake up",
        "write at least 30",
    ),
    _fallback(
        "later than the gateway waits",
        "{to: gpt, afterSeconds: 300}",
        "models.a.fallback.afterSeconds",
        "300 s: the gateway ends an answer that sends nothing for 300 s",
        "write less than 300, or leave it out",
    ),
)
