"""The HTTP application: a page and the questions that it asks. Imports FastAPI (extra `server`)."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response

from manyheads.errors import ManyheadsError
from manyheads.inference.translate import Translator
from manyheads.server.looked import NotFoundError, Served, Shelf
from manyheads.server.schema import SCHEMA_VERSION, AttentionRequest, MeaningRequest, Models
from manyheads.views.beside import mean_moved
from manyheads.views.calculation import calculate
from manyheads.views.meaning import meaning_of
from manyheads.views.page import render_live_page
from manyheads.views.wire import deflated

_MOST_BYTES = 64 * 1024
_LOCAL = ("localhost", "127.0.0.1", "[::1]")
Next = Callable[[Request], Awaitable[Response]]


def create_app(models: dict[str, Served], *, host: str = "127.0.0.1") -> FastAPI:
    """Make the application.

    Args:
        models: By name, encoders with their matrices as they were trained.
        host: Where it listens: only requests that are for it are answered, or for this machine's own names.

    Returns:
        The application; a text that is shown is never written as HTML.
    """
    app = FastAPI(title="manyheads", version=str(SCHEMA_VERSION), docs_url=None, redoc_url=None)
    shelf = Shelf(models)
    _guard(app, {*_LOCAL, host})
    _tell_failures(app)

    @app.get("/", response_class=HTMLResponse)
    def page() -> Response:
        html, policy = render_live_page()
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    @app.get("/models")
    def served() -> Models:
        return Models(models=shelf.served())

    @app.post("/attention")
    def attention(asked: AttentionRequest) -> Response:
        number, looked, places = shelf.look(asked)
        moved = None if places is None else mean_moved(places)
        return _json({**looked.document.described, "id": number, "moved": moved, "beside": places})

    @app.get("/attention/{number}/{kind}/{layer}")
    def weights(number: str, kind: str, layer: int) -> Response:
        maps = shelf.looked(number).reading.maps.kind(kind)
        if not 0 <= layer < maps.num_layers:
            raise NotFoundError(f"layers of {kind} attention are 0 to {maps.num_layers - 1}, but not {layer}")
        return Response(deflated(maps.weights[layer]), media_type="application/octet-stream")

    @app.get("/attention/{number}/{kind}/{layer}/{head}")
    def steps(number: str, kind: str, layer: int, head: int) -> Response:
        reading = shelf.looked(number).reading
        reading.maps.kind(kind)
        found = calculate(reading, kind, layer, head)  # pyright: ignore[reportArgumentType]
        return _json(None if found is None else found.described())

    @app.post("/meaning")
    def meaning(asked: MeaningRequest) -> Response:
        _, model = shelf.model(asked.model)
        if isinstance(model, Translator):
            raise NotFoundError("a word is compared by an encoder, but this model translates")
        return _json(meaning_of(model, asked.word, asked.texts).described())

    return app


def _guard(app: FastAPI, hosts: set[str]) -> None:
    """Answer no page but our own, and nobody who sends too much."""

    @app.middleware("http")
    async def check(request: Request, answer: Next) -> Response:
        host = request.headers.get("host", "")
        if host.rpartition(":")[0] not in hosts and host not in hosts:
            return _failure(403, f"this server answers for {', '.join(sorted(hosts))}, but not for '{host}'")
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return _failure(403, f"this server answers its own page, but not one of '{origin}'")
        length = request.headers.get("content-length", "no number of")
        if request.method != "GET" and (not length.isdigit() or int(length) > _MOST_BYTES):
            return _failure(
                413, f"a request may have at most {_MOST_BYTES} bytes, but this one names {length}"
            )
        return await answer(request)


def _tell_failures(app: FastAPI) -> None:
    """Answer what cannot be done in one sentence, the same as on the command line."""

    @app.exception_handler(NotFoundError)
    def not_found(_request: Request, error: NotFoundError) -> JSONResponse:
        return _failure(404, str(error))

    @app.exception_handler(ManyheadsError)
    def refused(_request: Request, error: ManyheadsError) -> JSONResponse:
        return _failure(400, str(error))

    @app.exception_handler(RequestValidationError)
    def unreadable(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _failure(422, _in_words(error.errors()[0]))


def _in_words(found: Mapping[str, Any]) -> str:
    if found["type"] == "json_invalid":
        return "a request must be JSON, but this one is not"
    where = ".".join(str(part) for part in found["loc"] if part != "body") or "the request"
    if found["type"] == "too_long":
        limits = found["ctx"]
        return f"{where} may be at most {limits['max_length']}, but {limits['actual_length']} were given"
    return f"{where} cannot be read: {found['msg']}"


def _failure(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"error": sentence}, status_code=status)


def _json(content: Any) -> Response:  # noqa: ANN401
    """Write JSON ourselves: the framework's own way looks at every number of a long list."""
    return Response(json.dumps(content), media_type="application/json")
