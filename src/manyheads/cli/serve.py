"""`manyheads serve`: the explorer in a browser, live."""

from typing import Annotated

import typer

from manyheads.cli import options
from manyheads.cli.models import find_model
from manyheads.errors import InputError


def serve(
    *,
    model: options.Model,
    host: Annotated[str, typer.Option(help="Where to listen; others can ask only if it is not local.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="On which port.", min=1, max=65535)] = 8765,
    precision: options.Precision = "auto",
    threads: options.Threads = None,
    device: options.Device = "auto",
    debug: options.Debug = False,
) -> None:
    """Look at a model in a browser: type a text, switch heads off, hide words."""
    folder = find_model(model)
    try:
        import uvicorn

        from manyheads.server.app import create_app
    except ImportError as error:
        raise InputError(
            "serving takes FastAPI and uvicorn, but they are not installed; `pip install 'manyheads[server]'`"
        ) from error
    from manyheads.inference.load import load
    from manyheads.inference.translate import Translator

    # Only matrices that are as they were trained can be shown.
    loaded = load(folder, precision=precision, device=device, threads=threads, pack="open")
    app = create_app({folder.resolve().name: loaded}, host=host)
    shown = f"[{host}]" if ":" in host else host
    prepared = loaded.prepared if isinstance(loaded, Translator) else loaded.runner.prepared
    print(f"manyheads: {prepared}")
    print(f"manyheads: http://{shown}:{port} (Ctrl-C ends)")
    uvicorn.run(app, host=host, port=port, log_level="warning")
