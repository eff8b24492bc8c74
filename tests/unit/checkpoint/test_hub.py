"""A small hub on this machine: it answers the paths that huggingface_hub asks for, and counts them."""

import json
import os
import subprocess
import sys
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from huggingface_hub import constants

from manyheads.checkpoint.hub import find_checkpoint, is_hub_name
from manyheads.errors import ModelError

COMMIT, OLDER = "c" * 40, "d" * 40
FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"pickle",
    "tokenizer.json": b"[]",
    "1_Pooling/config.json": b"pooling",
    "onnx/model.onnx": b"large",
    "tf_model.h5": b"large",
}
MODELS = {
    "org/both": FILES,
    "plain": {"config.json": b"{}", "model-00001-of-00001.safetensors": b"weights"},
    "org/broken": {"config.json": b"{}"},
    "org/cut": {"config.json": b"{}"},
    "org/old": {"config.json": b"{}", "pytorch_model.bin": b"pickle"},
}


class Hub(BaseHTTPRequestHandler):
    """Answers for `MODELS`: what a name and revision stand for, their files, and each file."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = urlsplit(self.path).path.strip("/")
        self.server.asked.append(path)
        if path.startswith("api/models/"):
            self.about(path.removeprefix("api/models/"))
        else:
            name, _, rest = path.partition("/resolve/")
            commit, _, file = rest.partition("/")
            if name == "org/broken" or (name == "org/cut" and self.command == "GET"):
                self.answer(418, b"", {})
                return
            content = MODELS[name][file]
            etag = f'"{sha1(content, usedforsecurity=False).hexdigest()}"'
            self.answer(200, content, {"ETag": etag, "X-Repo-Commit": commit})

    def about(self, path):
        name, _, revision = path.replace("/tree/", "/revision/").partition("/revision/")
        if name == "org/gated":
            self.answer(403, b"{}", {"X-Error-Code": "GatedRepo"})
        elif name == "org/hidden":
            self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif name not in MODELS:
            self.answer(401, b"{}", {"X-Error-Message": "Invalid username or password."})
        elif revision not in {"main", "v1", COMMIT, OLDER}:
            self.answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        elif "/tree/" in path:
            files = [
                {"type": "file", "path": path, "size": len(content), "oid": path}
                for path, content in MODELS[name].items()
            ]
            self.answer(200, json.dumps(files).encode(), {})
        else:
            sha = OLDER if revision == "v1" else COMMIT
            self.answer(200, json.dumps({"id": name, "sha": sha, "siblings": []}).encode(), {})

    def answer(self, status, content, headers):
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": len(content),
            **headers,
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *args):
        """Say nothing on standard error."""


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.asked = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hub(server, tmp_path, monkeypatch):
    """Send this process to the small hub, with an empty cache."""
    server.asked.clear()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    return server


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def refusal(name, revision=None):
    with pytest.raises(ModelError) as caught:
        find_checkpoint(name, revision)
    return str(caught.value)


def test_a_folder_is_taken_before_the_hub_is_asked(hub, tmp_path):
    (tmp_path / "org" / "both").mkdir(parents=True)
    assert find_checkpoint("org/both") == Path("org/both")
    assert find_checkpoint(tmp_path) == tmp_path
    assert hub.asked == []


def test_what_a_model_needs_is_downloaded_and_nothing_else(hub):
    wanted = ("config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json")
    assert contents(find_checkpoint("org/both")) == {name: FILES[name] for name in wanted}
    assert contents(find_checkpoint("plain")) == MODELS["plain"]
    assert "org/both/resolve/" + COMMIT + "/pytorch_model.bin" not in hub.asked


def test_a_pickle_is_downloaded_where_there_are_no_safetensors(hub):
    assert contents(find_checkpoint("org/old")) == MODELS["org/old"]


def test_a_revision_is_another_folder(hub):
    assert find_checkpoint("org/both").name == COMMIT
    assert find_checkpoint("org/both", "v1").name == OLDER


def test_what_was_downloaded_once_is_found_without_a_network(hub, monkeypatch):
    folder = find_checkpoint("org/old")
    hub.asked.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert find_checkpoint("org/old") == folder
    assert hub.asked == []


@pytest.mark.parametrize("name", ["org/nothing", "org/hidden"])
@pytest.mark.usefixtures("hub")
def test_a_name_that_does_not_exist_is_told(name):
    assert refusal(name) == (
        f"there is no folder and no model on the hub with the name '{name}'; names there look like "
        "'organisation/name', and a private one needs a token: `hf auth login` or HF_TOKEN"
    )


def test_a_revision_that_does_not_exist_is_told(hub):
    assert refusal("org/both", "v2") == (
        "the model 'org/both' has no revision 'v2' on the hub; give a branch, a tag or a commit "
        "that its page lists"
    )


def test_a_model_that_is_not_for_everybody_is_told(hub):
    assert refusal("org/gated") == (
        "the hub gives 'org/gated' only to those who accepted its terms; accept them on its page and log in "
        "with `hf auth login`, or set HF_TOKEN"
    )


@pytest.mark.parametrize("name", ["org/broken", "org/cut"])
def test_a_download_that_fails_is_told(hub, name):
    """One fails when its file is looked up, the other when the file is fetched."""
    told = refusal(name)
    assert told.startswith(
        f"'{name}' is no folder, and no copy of it from the hub is on this machine, "
        f"and {hub.url} did not give it (Client error '418 "
    )
    assert f" for url '{hub.url}/{name}/resolve/{COMMIT}/config.json'); try again, or give a folder" in told


def test_offline_and_not_on_this_machine_is_told(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert refusal("org/both", "v1") == (
        "'org/both' at revision 'v1' is no folder, and no copy of it from the hub is on this machine; "
        "unset HF_HUB_OFFLINE to download it, or give a folder"
    )


def test_a_hub_that_cannot_be_reached_is_told(hub, monkeypatch):
    """Nothing listens on port 9 of this machine, and a connection is refused at once."""
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert refusal("org/both") == (
        "'org/both' is no folder, and no copy of it from the hub is on this machine, "
        "and http://127.0.0.1:9 did not give it ([Errno 111] Connection refused); "
        "try again, or give a folder"
    )


@pytest.mark.parametrize(
    "name", ["./org/both", "/org/both", "a/b/c", "a//b", "org\\both", "~/both", "a b", "a."]
)
def test_a_path_never_goes_to_the_hub(hub, name):
    assert not is_hub_name(name)
    assert refusal(name) == (
        f"a model is a folder or a name on the hub like 'organisation/name', and '{name}' is neither; "
        "give the path of a folder that exists"
    )
    assert hub.asked == []


@pytest.mark.parametrize("name", ["a--b", "org/a..b", "x" * 97])
def test_a_name_that_no_model_can_have_is_told(hub, name):
    assert refusal(name).startswith(f"'{name}' is no name of a model on the hub: ")
    assert hub.asked == []


def test_the_hub_is_chosen_by_the_environment(server, tmp_path):
    """A process of its own: huggingface_hub reads the environment when it is imported."""
    environment = os.environ | {
        "HF_ENDPOINT": server.url,
        "HF_HOME": str(tmp_path),
        "HF_HUB_OFFLINE": "0",
        "PYTHONWARNDEFAULTENCODING": "",
    }
    command = "from manyheads.checkpoint.hub import find_checkpoint; print(find_checkpoint('org/both').name)"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", command],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=environment,
        timeout=60,
    )
    assert done.stdout == COMMIT + "\n", done.stderr
