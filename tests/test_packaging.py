"""What is installed is what is in the tree: packages, templates, drafts, style sheets, migrations."""

import configparser
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Required at the top level, and installed as if they lay inside the package.
MAPPED = {"delphi.templates": "templates", "delphi.manual_drafts": "manual_drafts"}
SOURCES = ("delphi", *MAPPED.values())
NEEDED_TO_BUILD = ("pyproject.toml", "setup.cfg", "README.md", "LICENSE")
BYTE_CODE = shutil.ignore_patterns("__pycache__", "*.pyc")


def declared_packages() -> set[str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return set(config["options"]["packages"].split())


def folders_with_code() -> set[str]:
    """Return as dotted names all folders with a Python file; one without `__init__.py` would be a package that nobody meant."""
    return {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "delphi").rglob("*.py")}


def files_of_the_tree() -> set[str]:
    """Return every file that the installation is to have, by the path that it has there."""
    paths = (path for name in SOURCES for path in (ROOT / name).rglob("*") if path.is_file() and path.suffix != ".pyc")
    relative = (path.relative_to(ROOT) for path in paths)
    return {(path if path.parts[0] == "delphi" else "delphi" / path).as_posix() for path in relative}


def test_setup_cfg_names_the_packages_of_the_tree_and_no_others():
    assert declared_packages() == folders_with_code() | set(MAPPED)


def test_every_package_has_an_init_file():
    assert [name for name in sorted(folders_with_code()) if not (ROOT / name.replace(".", "/") / "__init__.py").is_file()] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy with stray byte code in it, as a used checkout has."""
    tree = tmp_path_factory.mktemp("tree")
    for name in SOURCES:
        shutil.copytree(ROOT / name, tree / name, ignore=BYTE_CODE)
        (tree / name / "__pycache__").mkdir()
        (tree / name / "__pycache__" / "stray.cpython-311.pyc").touch()
    for name in NEEDED_TO_BUILD:
        shutil.copy(ROOT / name, tree)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", "dist", "."]
    done = subprocess.run(build, cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (built,) = (tree / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel where the checkout cannot be seen; what it depends on is borrowed from here."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    site_packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(environment)}))
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    # A path file inside a folder named by a path file is not read: the editable checkout stays out of sight.
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return environment


def run(installation: Path, folder: Path, program: str, *arguments: str) -> str:
    """Run a program of the installation in a folder that has nothing to do with the checkout; return what it printed."""
    environ = {"PATH": os.defpath, "DELPHI_DATA": str(folder / "instance")}
    command = [str(installation / "bin" / program), *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_tree_and_no_byte_code(wheel):
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert shipped == files_of_the_tree()


@pytest.mark.slow
def test_the_command_runs_from_another_folder(installation, tmp_path):
    assert run(installation, tmp_path, "delphi", "--help").startswith("Usage: delphi")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("templates", "**/*.html"),
        ("manual_drafts", "**/*.md"),
        ("migrations", "versions/*.py"),
        ("migrations", "script.py.mako"),
        ("web/static", "**/*.css"),
    ],
)
def test_an_installation_finds_what_is_not_code(installation, tmp_path, folder, pattern):
    find = f"from delphi.resources import resource_dir; print(*resource_dir({folder!r}).glob({pattern!r}), sep='\\n')"

    found = run(installation, tmp_path, "python", "-c", find).split()

    assert found
    assert all(Path(path).is_relative_to(installation) for path in found)


@pytest.mark.slow
def test_an_installation_makes_its_database_and_answers_a_request(installation, tmp_path):
    ask = """
from delphi.config import load_settings
from delphi.database import Database
from delphi.migrations import upgrade
from delphi.web import create_app

settings = load_settings()
upgrade(Database(settings.database).engine)
print(create_app(settings).test_client().get("/health").get_data(as_text=True))
"""

    answer = run(installation, tmp_path, "python", "-c", ask)

    assert json.loads(answer) == {"status": "ok"}
