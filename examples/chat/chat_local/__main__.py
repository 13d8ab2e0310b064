"""The page on this machine, with the endpoint of BASE_URL or the fake endpoint."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from chat_app.server import Settings, make_app
from chat_local.fake_endpoint import make_fake

_TIMEOUT_SECONDS, _FAKES_TIMEOUT_SECONDS = 300, 5


def main() -> None:
    given = {name: value for name, value in os.environ.items() if value}  # make passes unset variables as empty
    port = int(given.get("PORT", "8000"))
    if "BASE_URL" in given:
        if "MODEL" not in given:
            raise SystemExit("MODEL is missing: the name that the endpoint serves, e.g. MODEL=llama-8b")
        key = given.get("API_KEY", "none")  # the client refuses an empty key
        app = make_app(Settings(given["BASE_URL"], key, given["MODEL"], _TIMEOUT_SECONDS))
    else:
        base_url = f"http://127.0.0.1:{port}/fake/v1"
        page = make_app(Settings(base_url, "none", "fake-model", _FAKES_TIMEOUT_SECONDS))
        app = Starlette(routes=[Mount("/fake", make_fake()), Mount("/", page)])
    print(f"Open http://127.0.0.1:{port} (Ctrl+C ends it)", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


main()
