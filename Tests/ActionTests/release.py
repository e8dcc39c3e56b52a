"""Release archives and action commits, made locally and served from loopback."""

import contextlib
import hashlib
import http.server
import io
import pathlib
import platform
import shutil
import subprocess
import tarfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
#: Where the copied workflows say the action lives.
ACTION = "yardmaster-ci/yardmaster"


def archive_name(version):
    return f"yardmaster-{version}-linux-{ARCHITECTURE}.tar.gz"


def pack(folder, version, executable):
    """Puts an archive that holds `executable` (bytes) where a release server has it; returns its checksum lines."""
    name = archive_name(version)
    stem = name.removesuffix(".tar.gz")
    path = folder / f"v{version}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo(f"{stem}/yardmaster")
        entry.size, entry.mode = len(executable), 0o755
        archive.addfile(entry, io.BytesIO(executable))
    return "".join(
        f"{hashlib.sha256(data).hexdigest()}  {entry}\n"
        for data, entry in ((path.read_bytes(), name), (executable, f"{stem}/yardmaster"))
    )


def action_copy(folder, checksums):
    """The action as a release commit holds it: what action.yml runs, and the checksums of the release."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "Scripts").mkdir(parents=True)
    shutil.copy2(ROOT / "action.yml", folder)
    for script in ("install-executable", "action-step"):
        shutil.copy2(ROOT / "Scripts" / script, folder / "Scripts")
    (folder / "Scripts/release-checksums.txt").write_text(checksums)
    return folder


def commit(folder):
    """Makes the folder a repository of one commit and returns its full hash."""

    def git(*arguments):
        return subprocess.run(
            ["git", "-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false",
             "-c", "init.defaultBranch=main", *arguments],
            cwd=folder, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "Release")
    return git("rev-parse", "HEAD")


@contextlib.contextmanager
def server(folder):
    """Serves the folder on loopback; yields the URL and the list of requested paths, which grows."""
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, directory=str(folder), **options)

        def do_GET(self):
            requests.append(self.path)
            super().do_GET()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}", requests
        finally:
            listening.shutdown()
            thread.join()


def serve_copy(dist, folder):
    """Puts the archives of Scripts/release where a release server has them."""
    for archive in dist.glob("yardmaster-*.tar.gz"):
        version = archive.name.removeprefix("yardmaster-").split("-linux-")[0]
        target = folder / f"v{version}"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy2(archive, target)
