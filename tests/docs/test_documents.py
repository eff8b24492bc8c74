"""The documents themselves: links lead somewhere, versions agree, no path is one machine's own."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

import manyheads

pytestmark = pytest.mark.docs

ROOT = Path(__file__).parents[2]
PUBLISHED = [
    *ROOT.glob("*.md"),
    *ROOT.glob("*.cff"),
    *(
        path
        for folder in ("docs", "examples", "scripts", "benchmarks", "src")
        for path in (ROOT / folder).rglob("*.*")
    ),
]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_MACHINE = re.compile(r"""(?<![\w.])(?:/(?:work|tmp|home|root|Users)/|[A-Z]:\\Users)""")
_TEXT = {".md", ".py", ".toml", ".cff", ".txt", ".svg", ".js", ".css", ".html"}


def plain(document):
    """Give a document without its fenced blocks, where brackets mean something else."""
    return re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(document):
    """List the anchors that GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", plain(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_of_a_document_leads_somewhere(document):
    broken = []
    for link in _LINK.findall(plain(document)):
        if link.startswith(("http://", "https://")):
            continue
        target, _, anchor = link.partition("#")
        path = (document.parent / target).resolve() if target else document
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(link)
    assert broken == []


def test_no_link_leaves_the_repository(document):
    links = [link for link in _LINK.findall(plain(document)) if not link.startswith("http")]
    outside = [link for link in links if ROOT not in (document.parent / link).resolve().parents]
    assert [link for link in outside if not link.startswith("#")] == []


def test_every_document_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        reached.add(document)
        for link in _LINK.findall(plain(document)):
            path = (document.parent / link.partition("#")[0]).resolve()
            if path.suffix == ".md" and path.is_file() and path not in reached:
                waiting.append(path)
    ours = {path for path in (ROOT / "docs").rglob("*.md") if not {"models", "bert"} & set(path.parts)}
    assert ours - reached == set()  # a trained model has a card of its own


def test_no_path_of_one_machine_is_published():
    texts = [path for path in PUBLISHED if path.suffix in _TEXT and "runs" not in path.parts]
    texts = [path for path in texts if not any(part.startswith(".venv") for part in path.parts)]
    named = [path.name for path in texts if _MACHINE.search(path.read_text(encoding="utf-8"))]
    assert named == []


def test_the_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == manyheads.__version__
    released = re.findall(
        r"^## \[(\d[^]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert not released or released[0] == manyheads.__version__


def test_the_readme_names_every_page_of_the_guide():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = sorted((ROOT / "docs" / "guide").glob("*.md"))
    assert [page.name for page in pages if f"docs/guide/{page.name}" not in readme] == []


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(folder.glob("[0-9]*.md"))
    assert [page.name for page in decisions if f"({page.name})" not in listed] == []


def load_script(name):
    """Import a script by its path."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pictures_are_made_by_their_scripts(model_folder, tmp_path):
    """The shots take a browser, and are only named here."""
    drawn = load_script("make_images").draw(model_folder, tmp_path)
    script = (ROOT / "scripts" / "make_shots.py").read_text(encoding="utf-8")
    shots = {f"explorer-{name}.png" for name in re.findall(r'^    "([\w-]+)": \(', script, re.MULTILINE)}
    assert len(shots) > 2
    names = {path.name for path in (ROOT / "docs" / "images").iterdir()}
    assert {path.name for path in drawn} | shots == names
    assert all(path.read_text(encoding="utf-8").startswith("<?xml") for path in drawn)


def test_outputs_are_put_in_again_whole_or_as_far_as_they_were_shown():
    refresh = load_script("refresh_outputs").refresh
    before = "```console\n$ manyheads --version\nold\n```\n\n```console\n$ manyheads recipes\nold\n...\n```\n"
    after = refresh(before, Path("nowhere"))
    first, second = re.findall(r"^```console\n(.*?)^```$", after, re.MULTILINE | re.DOTALL)
    assert first == f"$ manyheads --version\nmanyheads {manyheads.__version__}\n"
    assert second.split("\n")[1].startswith("classify-sst2 ")
    assert second.split("\n")[2:] == ["...", ""]
