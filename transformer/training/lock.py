"""A lock on a directory, which is released at the latest when the process ends.

The operating system locks the open file `.lock` in the directory, and unlocks it when the process
ends. `release` removes the file; one that a killed process left locks nothing. Within one process,
a new lock on a directory takes over from the one before.
"""

from __future__ import annotations

import os
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from weakref import WeakValueDictionary

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Locked(Exception):
    """Another process holds the lock."""


def _is_at(handle: int, path: str) -> bool:
    """Is this open file the one that now has this path?"""
    with suppress(OSError):
        return os.path.samestat(os.fstat(handle), os.stat(path))
    return False


def _acquire(path: str) -> int:
    """Open a file and lock it; return its handle."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if sys.platform == "win32":
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(handle, path):
                return handle
            os.close(handle)  # its owner removed it after we opened it: try again
        except (BlockingIOError, PermissionError):
            os.close(handle)
            raise Locked from None
        except BaseException:
            os.close(handle)
            raise


def _release(handle: int, path: str) -> None:
    """Remove the file, and unlock it by closing it."""
    try:
        if _is_at(handle, path):
            with suppress(OSError):  # Windows removes no open file; an empty one is left there
                os.unlink(path)
    finally:
        os.close(handle)


_held: WeakValueDictionary[str, Lock] = WeakValueDictionary()  # by this process, by path


class Lock:
    """Locks a directory until `release`, or until nothing refers to the lock any more.

    Args:
        directory: must exist.

    Raises:
        Locked: another process has locked it.
        OSError: the file cannot be opened, or the file system has no locks.
    """

    def __init__(self, directory: Path) -> None:
        self.path = os.path.join(os.path.realpath(directory), ".lock")
        before = _held.get(self.path)
        if before is not None and before.holds:
            before._finalizer.detach()
            self._handle: int = before._handle
        else:
            self._handle = _acquire(self.path)
        self._finalizer: weakref.finalize[..., Lock] = weakref.finalize(
            self, _release, self._handle, self.path
        )
        _held[self.path] = self

    @property
    def holds(self) -> bool:
        """Is it neither released nor taken over, and has the directory not been moved?"""
        return self._finalizer.alive and _is_at(self._handle, self.path)

    def release(self) -> None:
        """Let others lock the directory. A second call does nothing."""
        self._finalizer()

    def move(self, to: Path) -> None:
        """Rename the directory, and release the lock.

        Raises:
            OSError: it cannot be renamed.
        """
        if sys.platform == "win32":  # renames no directory in which a file is open
            self.release()
        os.rename(os.path.dirname(self.path), to)
        if self._finalizer.detach():
            _release(self._handle, os.path.join(to, ".lock"))


def _forget() -> None:
    """Close the copies of the parent's locks that a forked process has; the parent keeps them."""
    for lock in list(_held.values()):
        if lock._finalizer.detach():
            os.close(lock._handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
