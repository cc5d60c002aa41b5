"""Settings: what is missing is made, what is wrong is named."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from delphi.config import SettingError, load_settings

SECRET = "x" * 32


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DELPHI_SECRET_KEY", "x" * 31),
        ("DELPHI_PUBLIC_URL", "delphi.example.org"),
        ("DELPHI_PUBLIC_URL", "ftp://delphi.example.org"),
        ("DELPHI_PUBLIC_URL", "https://"),
        ("DELPHI_PUBLIC_URL", "https://delphi.example.org/?a=b"),
        ("DELPHI_PUBLIC_URL", "https://delphi.example.org:port"),
        ("DELPHI_PUBLIC_URL", "https://[::1"),
        ("DELPHI_PUBLIC_URL", "https://delphi.example.org\nX: y"),
        ("DELPHI_DATABASE_URL", "mysql://localhost/delphi"),
        ("DELPHI_DATABASE_URL", "delphi.sqlite3"),
        ("DELPHI_DATABASE_URL", "sqlite:delphi.sqlite3"),
        ("DELPHI_DATABASE_URL", "postgresql://localhost:port/delphi"),
        ("DELPHI_QUEUE_URL", "amqp://localhost"),
        ("DELPHI_SMTP_URL", "localhost:25"),
        ("DELPHI_MAIL_FROM", "Delphi study"),
        ("DELPHI_MAIL_FROM", "a@example.org\nBcc: b@example.org"),
        ("DELPHI_TRUSTED_PROXIES", "-1"),
        ("DELPHI_TRUSTED_PROXIES", "one"),
        ("DELPHI_TRUSTED_PROXIES", "１"),
        ("DELPHI_SECOND_FACTOR", "yes"),
    ],
)
def test_a_setting_that_is_wrong_stops_the_start_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        load_settings({"DELPHI_DATA": str(tmp_path), "DELPHI_SECRET_KEY": SECRET, name: value})


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SettingError, match=r"DELPHI_DATA.*Name a folder"):
        load_settings({"DELPHI_DATA": str(tmp_path / "file" / "data")})


@pytest.mark.parametrize("content", [b"\xff\xfe", b"short", b""])
def test_a_kept_secret_that_was_damaged_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret.key").write_bytes(content)

    with pytest.raises(SettingError, match="DELPHI_SECRET_KEY"):
        load_settings({"DELPHI_DATA": str(tmp_path)})


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"

    first = load_settings({"DELPHI_DATA": str(data)})
    second = load_settings({"DELPHI_DATA": str(data)})

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((data / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == ["secret.key"]


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    for trial in range(10):
        environ = {"DELPHI_DATA": str(tmp_path / str(trial))}
        with ThreadPoolExecutor(8) as pool:
            secrets = {settings.secret_key for settings in pool.map(load_settings, [environ] * 8)}

        assert len(secrets) == 1


def test_what_is_given_goes_before_what_is_kept(tmp_path: Path) -> None:
    load_settings({"DELPHI_DATA": str(tmp_path)})

    assert load_settings({"DELPHI_DATA": str(tmp_path), "DELPHI_SECRET_KEY": SECRET}).secret_key == SECRET


def test_the_env_file_of_the_working_folder_is_read_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("DELPHI_PUBLIC_URL=https://from-file.example.org/\nDELPHI_TRUSTED_PROXIES=2\n")
    monkeypatch.chdir(tmp_path)
    for name in ("DELPHI_DATA", "DELPHI_PUBLIC_URL", "DELPHI_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DELPHI_TRUSTED_PROXIES", "1")

    settings = load_settings()

    assert (settings.public_url, settings.trusted_proxies) == ("https://from-file.example.org", 1)
    assert settings.data == tmp_path / "instance"
    assert settings.database == f"sqlite:///{tmp_path}/instance/delphi.sqlite3"


def test_an_empty_setting_is_one_that_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("DATA", "SECRET_KEY", "PUBLIC_URL", "DATABASE_URL", "QUEUE_URL", "SMTP_URL", "MAIL_FROM", "TRUSTED_PROXIES")

    settings = load_settings({f"DELPHI_{name}": "" for name in names})

    assert (settings.data, settings.public_url) == (tmp_path / "instance", "http://127.0.0.1:8000")


@pytest.mark.parametrize(("url", "secure"), [("https://delphi.example.org", True), ("http://127.0.0.1:8000", False)])
def test_cookies_insist_on_https_where_people_use_it(tmp_path: Path, url: str, secure: bool) -> None:
    settings = load_settings({"DELPHI_DATA": str(tmp_path), "DELPHI_SECRET_KEY": SECRET, "DELPHI_PUBLIC_URL": url})

    assert settings.is_secure is secure


def test_the_readme_lists_every_setting_and_no_other() -> None:
    root = Path(__file__).parents[1]
    read = set(re.findall(r"DELPHI_[A-Z_]+", (root / "delphi" / "config.py").read_text(encoding="utf-8")))
    table = [line for line in (root / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `DELPHI_")]

    assert {re.findall(r"DELPHI_[A-Z_]+", line)[0] for line in table} == read
