"""Files that are written whole, or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import Any

from .encoding import short

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def path_of(name: str, f: Any) -> str:
    """Return a path as a string.

    Raises:
        TypeError: it is something else, such as an open file.
        ValueError: no file can have such a name.
    """
    path = f if isinstance(f, str) else os.fspath(f) if isinstance(f, os.PathLike) else None
    if not isinstance(path, str):
        raise TypeError(f"{name}: f must be the path of a file, not a {type(f).__name__}")
    if not path or "\0" in path:
        raise ValueError(f"{name}: no file can have the name {path!r}")
    return path


def _lock(path: str) -> int:
    """Open a file, and lock it until the handle is closed or the process ends.

    On a file system without locks, it is only opened.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):  # who held the lock before has renamed the file
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        os.close(handle)


def _sync_folder(folder: str) -> None:
    """Write a folder to disk: without that, a crash could undo the renaming of a file in it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_file(path: str, data: bytes) -> None:
    """Write a file atomically: it gets its name only when it is complete; a link stays a link.

    Until then it has one fixed name, so that what a killed process left is overwritten; the lock
    makes processes that save to the same file take turns.

    Raises:
        OSError: it cannot be written. The message names the file, and says what is still whole.
    """
    path = os.path.realpath(path)
    folder, name = os.path.split(path)
    unfinished = os.path.join(folder, f".{name}.tmp")
    whole = "the file of before is still whole" if os.path.exists(path) else "there is no file yet"
    handle = None
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            what = errno.EISDIR if os.path.isdir(path) else errno.EINVAL
            raise OSError(what, "Not a regular file")
        handle = _lock(unfinished) if fcntl else None
        try:
            with open(unfinished, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.remove(unfinished)
            raise
        whole = "the new file is whole, but a power cut could still undo it"
        _sync_folder(folder)
    except OSError as error:
        why = short(error.strerror or error)
        message = f"{why}: save to {short(path)} failed; {whole}"
        raise OSError(error.errno or errno.EIO, message) from error
    finally:
        if handle is not None:
            os.close(handle)
