"""Help that names engines: they are read only where somebody asks for it."""

import click


class EngineHelp(click.Command):
    """A command whose help has `{engines}`, `{lengths}` or `{libraries}` in it."""

    def get_help(self, ctx: click.Context) -> str:
        words = _words()
        self.help = (self.help or "").format(**words)
        for each in self.params:
            if isinstance(each, click.Option):
                each.help = (each.help or "").format(**words)
        return super().get_help(ctx)


def _words() -> dict[str, str]:
    from infra.engines import DEFAULT, ENGINES

    own = [(engine, engine.library) for engine in ENGINES.values() if engine.library is not None]
    names = ", ".join(ENGINES)
    return {
        "engines": f"{names}; default: {DEFAULT}" + "".join(f", and {e.name} for {lib.noun}" for e, lib in own),
        "lengths": "".join(f", or {lib.context} with {e.title}" for e, lib in own),
        "libraries": "".join(f", or {lib.noun}, such as {lib.sample}" for _, lib in own),
    }
