"""The corpora of the human and mouse configurations, read from the shared studies as a build reads them."""

from __future__ import annotations

from pathlib import Path

from build_bundle.builds.plan import make_plan
from build_bundle.builds.workshop import Workshop
from build_bundle.cells.corpus import Corpus
from build_bundle.configuration.reader import read_config
from build_bundle.sources.fetch import Fetcher
from build_bundle.steps.store import StepStore
from build_bundle.steps.task import Finished

ROOT = Path(__file__).parents[3]
CONFIGS = ROOT / "build_bundle" / "configs"


def real_corpus(organism: str, data: Path, out: Path) -> Corpus:
    """Run the steps of a configuration up to the corpus."""
    config = read_config(CONFIGS / f"{organism}.toml", data=data)
    store, done = StepStore(out), dict[str, Finished]()
    for task in make_plan(Workshop(config, Fetcher(config.packages))):
        done[task.name] = store.find(task, done) or store.run(task, done)
        if task.name == "corpus":
            break
    return Corpus.open(done["corpus"].folder)
