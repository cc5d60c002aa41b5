"""A site, a bad line before it, and people who answer over it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import MANUAL, two_groups
from tests.browser.site import Site, free_port, served
from tests.faults.proxy import Proxy

STUDY = "connections"
PANELISTS = 40


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own, since its processes are killed."""
    site = Site(tmp_path_factory.mktemp("faults"), free_port())
    site.add_researcher("ruth@example.org")
    site.begin(STUDY, MANUAL, two_groups(PANELISTS))
    site.run("round", "open", STUDY, "1")
    with served(site):
        yield site


@pytest.fixture(scope="session")
def line(site: Site) -> Iterator[Proxy]:
    proxy = Proxy(site.port)
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def links(site: Site, line: Proxy) -> Iterator[str]:
    """Personal links that lead over the line, each of somebody who has not been here before."""
    return iter([link.replace(f":{site.port}/", f":{line.port}/") for link in site.links(STUDY).values()])


def kill(site: Site) -> None:
    """End all processes of the site without warning, as a power cut would."""
    assert site.process is not None
    for process in _family(site.process.pid):
        os.kill(process, signal.SIGKILL)
    site.process.wait()
    site.process = None


def _family(process: int) -> list[int]:
    """Return a process and those it has started, the parents first."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return [process, *(one for child in children for one in _family(int(child)))]
