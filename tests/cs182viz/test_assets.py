"""Does a fetched file arrive whole, once, and checked, and does everything else end in one helpful sentence?"""

import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cs182viz import assets
from cs182viz.assets import AssetError, fetch

CONTENT = bytes(range(256)) * 8192  # 2 MiB: more than one block
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; counts the requests; promises more than it sends for a name with ``short`` in it."""

    def do_GET(self):
        self.server.requests.append(self.path)
        if "short" not in self.path:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(CONTENT)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    httpd.requests = []
    httpd.folder = folder
    httpd.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CS182VIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("CS182VIZ_MIRROR", raising=False)
    return tmp_path / "cache"


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_is_downloaded_once_and_then_kept(server, cache):
    for _ in range(2):
        path = fetch(f"{server.url}/weights.bin", "weights.bin", SHA256, progress=False)
        assert path == cache / "weights.bin"
        assert path.read_bytes() == CONTENT
    assert server.requests == ["/weights.bin"]
    assert left_in(cache) == ["weights.bin"]


@pytest.mark.parametrize("progress", [True, False])
def test_the_bar_is_shown_only_if_asked(server, capsys, progress):
    fetch(f"{server.url}/weights.bin", "weights.bin", SHA256, progress=progress)
    assert ("weights.bin" in capsys.readouterr().err) is progress


@pytest.mark.parametrize("sha256", [SHA256, SHA256[:8], SHA256[:10].upper()])
def test_the_hash_may_be_given_by_its_first_digits(server, sha256):
    assert fetch(f"{server.url}/weights.bin", "w.bin", sha256, progress=False).read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", ["0" * 64, SHA256[:63] + ("0" if SHA256[63] != "0" else "1"), "deadbeef"])
def test_another_file_is_refused_and_leaves_nothing(server, cache, wrong):
    with pytest.raises(AssetError, match=f"SHA-256 {SHA256}"):
        fetch(f"{server.url}/weights.bin", "weights.bin", wrong, progress=False)
    assert left_in(cache) == []


def test_a_download_that_breaks_off_leaves_nothing(server, cache):
    with pytest.raises(AssetError, match=r"short\.bin"):
        fetch(f"{server.url}/short.bin", "short.bin", SHA256, progress=False)
    assert left_in(cache) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(server, cache):
    cache.mkdir()
    (cache / "weights.bin").write_bytes(CONTENT[:-1])
    assert fetch(f"{server.url}/weights.bin", "weights.bin", SHA256, progress=False).read_bytes() == CONTENT


def test_offline_the_error_says_which_file_to_put_where(server, cache):
    url = f"{server.url}/missing.bin"
    with pytest.raises(AssetError) as caught:
        fetch(url, "missing.bin", SHA256, progress=False)
    for part in (url, str(cache / "missing.bin"), SHA256, "CS182VIZ_MIRROR", "404"):
        assert part in str(caught.value)


def test_a_server_that_is_not_there_is_the_same_kind_of_error(server, cache):
    port_without_server = "http://127.0.0.1:9/weights.bin"  # the discard port: nothing listens
    with pytest.raises(AssetError, match=r"weights\.bin"):
        fetch(port_without_server, "weights.bin", SHA256, progress=False)
    assert left_in(cache) == []


def test_a_file_put_there_by_hand_needs_no_network(cache):
    cache.mkdir()
    (cache / "weights.bin").write_bytes(CONTENT)
    assert fetch("http://127.0.0.1:9/weights.bin", "weights.bin", SHA256).read_bytes() == CONTENT


def test_a_mirror_stands_in_for_the_official_address(server, monkeypatch):
    monkeypatch.setenv("CS182VIZ_MIRROR", f"{server.url}/")
    path = fetch("https://example.invalid/models/v1/weights.bin", "weights.bin", SHA256, progress=False)
    assert path.read_bytes() == CONTENT
    assert server.requests == ["/weights.bin"]


def test_a_mirror_is_not_trusted(server, monkeypatch, cache):
    (server.folder / "weights.bin").write_bytes(b"something else")
    monkeypatch.setenv("CS182VIZ_MIRROR", server.url)
    with pytest.raises(AssetError, match="another file"):
        fetch("https://example.invalid/weights.bin", "weights.bin", SHA256, progress=False)
    assert left_in(cache) == []


def test_a_folder_on_disk_serves_as_well(tmp_path, monkeypatch):
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "weights.bin").write_bytes(CONTENT)
    monkeypatch.setenv("CS182VIZ_MIRROR", (tmp_path / "stick").as_uri())
    path = fetch("https://example.invalid/weights.bin", "weights.bin", SHA256, progress=False)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ftp://host/file", "file", SHA256), "url"),
        (("https://host/file", "../file", SHA256), "filename"),
        (("https://host/file", "", SHA256), "filename"),
        (("https://host/file", "file", SHA256[:7]), "sha256"),
        (("https://host/file", "file", "not a hash!"), "sha256"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        fetch(*arguments)


def test_the_cache_is_where_the_environment_says_or_the_users_own(monkeypatch, tmp_path):
    assert assets.cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("CS182VIZ_CACHE")
    assert "cs182viz" in str(assets.cache_dir())
    assert assets.cache_dir().is_absolute()


def test_files_of_the_package_are_found_and_missing_ones_named():
    assert assets.data_path("pictures", "pictures.csv").is_file()
    with pytest.raises(AssetError, match=r"no_such_file.*install it again"):
        assets.data_path("no_such_file")
