"""The directory of a run: its files, each written atomically, by one process at a time.

A file is written under a temporary name, such as `metrics.csv.new`, and then renamed. Temporary
files that a killed process left are removed by the next process that locks the directory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Self

import minitorch as mt

from .lock import Lock, Locked

CONFIG, STATE = "config.json", "state.safetensors"
MODEL, METRICS = "model.safetensors", "metrics.csv"
PICTURES = ("loss.png", "attention.png", "grokking.png", "circles.png")
FILES = (CONFIG, STATE, MODEL, METRICS, *PICTURES)
KEPT = re.compile(r"kept-([0-9]{6}|[1-9][0-9]{6,})\.safetensors")
NO_MATTER = (".lock", ".DS_Store", "Thumbs.db")


def kept(step: int) -> str:
    """Return the name of the file that keeps the parameters of a step."""
    return f"kept-{step:06}.safetensors"


def _in_one_line(text: str) -> str:
    """Escape what cannot be printed, such as line breaks."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shown(path: str | os.PathLike[str], most: int = 150) -> str:
    """Return a path for an error message: in one line, cut in front to `most` characters."""
    text = _in_one_line(os.fspath(path))
    return text if len(text) <= most else f"...{text[3 - most :]}"


class RunError(Exception):
    """A run on disk cannot be used; the message says why, in a line of at most 300 characters."""

    def __init__(self, message: str) -> None:
        line = _in_one_line(message)
        super().__init__(line if len(line) <= 300 else f"{line[:297]}...")


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


def _is_unfinished(name: str) -> bool:
    """Is this a file that was being written when its process ended?"""
    return (
        name.startswith(tuple(f".{file}." for file in FILES))
        or (name.endswith(".tmp") and KEPT.fullmatch(name[1:-4]) is not None)
        or (name.endswith((".new", ".tmp")) and name[:-4] in FILES)
        or name in [f"{Path(picture).stem}.tmp.png" for picture in PICTURES]
    )


class Directory:
    """The directory of a run. `claim` makes it, and only `claim` or `own` allows writing there.

    Attributes:
        directory: its path.
        lock: the lock on it, after `claim` or `own`; see `lock.py`.
        moved: where `claim` moved a run that was there, or None.

    Raises:
        TypeError: `directory` is no path.
        ValueError: it holds a null character.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        if not isinstance(directory, (str, os.PathLike)):
            raise TypeError(f"Run: the directory must be a path, not {directory!r}")
        if "\0" in os.fspath(directory):
            raise ValueError(f"Run: {directory!r} is no path: it holds a null character")
        self.directory = Path(directory)
        self.lock: Lock | None = None
        self.moved: Path | None = None

    @property
    def is_ours(self) -> bool:
        """Do we hold its lock, and has it not been moved?"""
        return self.lock is not None and self.lock.holds

    def close(self) -> None:
        """Release its lock."""
        if self.lock is not None:
            self.lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def own(self) -> Lock:
        """Lock it, and remove the temporary files that a killed process left.

        Raises:
            RunError: another process has locked it.
            OSError: it cannot be written.
        """
        try:
            self.lock = Lock(self.directory)
        except Locked:
            raise RunError(
                f"{shown(self.directory)} is in training by another process: wait until that "
                "ends, or choose another directory"
            ) from None
        self._tidy()
        return self.lock

    def _tidy(self) -> None:
        """Remove temporary files, if we hold the lock."""
        if self.is_ours:
            with suppress(OSError):
                for name in filter(_is_unfinished, os.listdir(self.directory)):
                    (self.directory / name).unlink()

    def _names(self) -> set[str]:
        """Return the names of the files in it, without temporary ones and those of no matter."""
        names = set(os.listdir(self.directory)) - set(NO_MATTER)
        return {name for name in names if not _is_unfinished(name)}

    def kept_steps(self) -> list[int]:
        """Return the steps whose parameters are kept in it."""
        names = os.listdir(self.directory) if self.directory.is_dir() else []
        return sorted(int(found[1]) for found in map(KEPT.fullmatch, names) if found)

    def _drop_kept(self, after: int) -> None:
        """Remove the parameters that were kept after a step, from which training starts again."""
        for step in self.kept_steps():
            if step > after:
                with self.writing(kept(step)) as path:
                    path.unlink()

    def claim(self) -> None:
        """Make it if needed, lock it, and move a run that is there aside, in one step.

        The run gets the first free name of `runs/addition.1`, `runs/addition.2`, …: see `moved`.

        Raises:
            RunError: another process has locked it, it cannot be written, or there is something in
                it that is not of a run. Then nothing has changed.
        """
        self.moved = None
        if os.path.lexists(self.directory) and not os.path.isdir(self.directory):
            raise RunError(f"cannot write to {shown(self.directory)}: it is not a directory")
        try:
            while True:
                self.directory.mkdir(parents=True, exist_ok=True)
                names = {name for name in self._names() if not KEPT.fullmatch(name)}
                if foreign := sorted(names - set(FILES)):
                    raise RunError(
                        f"{shown(self.directory)} holds files that are not of a run, such as "
                        f"{shown(foreign[0], 40)}: choose a directory that is new or empty"
                    )
                lock = self.own()
                if self._names() <= {CONFIG, *map(kept, self.kept_steps())}:  # nothing was saved
                    self._drop_kept(after=-1)
                    return
                place = os.path.realpath(self.directory)
                if place == os.path.realpath(os.curdir):
                    raise RunError(
                        f"{shown(place)} holds a run, and as the working directory it cannot be "
                        "moved aside: start from another directory"
                    )
                asides = (Path(f"{place}.{n}") for n in count(1))
                aside = next(path for path in asides if not os.path.lexists(path))
                lock.move(aside)
                self.moved = aside
                if not self.directory.is_absolute():
                    self.moved = Path(os.path.relpath(aside))
        except OSError as error:
            raise RunError(
                f"cannot write to {shown(self.directory)}: {_reason(error)}{self._before()}"
            ) from None

    def _before(self) -> str:
        """Return the part of an error message that says where the run before was moved to."""
        if self.moved is None:
            return ""
        return f"; the run that was there is whole, in {shown(self.moved, 70)}"

    def whole(self) -> str:
        """Return the part of an error message that says what on disk is whole."""
        with suppress(OSError, RuntimeError, TypeError, KeyError):
            step = mt.load(self.directory / STATE)["step"]
            return f"{STATE} is whole, as saved at step {step}: --resume goes on from there"
        return f"no step of this run has been saved{self._before()}"

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Give the path of a file to write; after an error, remove temporary files.

        Raises:
            RunError: there was an OSError; the message names the file, and says what is whole.
        """
        path = self.directory / name
        try:
            yield path
        except BaseException as error:
            self._tidy()
            if not isinstance(error, OSError):
                raise
            raise RunError(
                f"cannot write {shown(path)}: {_reason(error)}; {self.whole()}"
            ) from None

    def write_new(self, name: str, content: Any) -> None:
        """Write a text or a checkpoint under a temporary name; `put_in_place` renames it."""
        with self.writing(name) as path:
            if not isinstance(content, str):
                mt.save(content, f"{path}.new")
                return
            with open(f"{path}.new", "wb") as file:
                file.write(content.encode())
                file.flush()
                os.fsync(file.fileno())

    def put_in_place(self, name: str) -> None:
        """Rename the file that `write_new` wrote, so that it replaces the old one."""
        with self.writing(name) as path:
            os.replace(f"{path}.new", path)
            if os.name == "posix":  # so that a crash of the machine does not undo it
                handle = os.open(self.directory, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """Give the path of a file to read; turn an error inside the block into a RunError."""
        path = self.directory / name
        try:
            if path.exists() and not path.is_file():
                raise RunError(f"cannot read {shown(path)}: it is not a file")
            yield path
        except FileNotFoundError:
            if name == CONFIG and self.directory.is_dir():
                raise RunError(f"there is no run in {shown(self.directory)}: no {CONFIG}") from None
            if not self.directory.is_dir():
                raise RunError(
                    f"there is no run in {shown(self.directory)}: no such directory"
                ) from None
            raise RunError(f"the run in {shown(self.directory)} has saved no {name} yet") from None
        except OSError as error:
            raise RunError(f"cannot read {shown(path)}: {_reason(error)}") from None
        except (
            ValueError, LookupError, TypeError, AttributeError, RuntimeError, ArithmeticError,
        ) as error:  # fmt: skip
            reason = " ".join(str(error).removeprefix(f"{path}: ").split()) or type(error).__name__
            if isinstance(error, KeyError):
                reason = f"it has no {reason}"
            raise RunError(f"{shown(path)} is damaged: {reason}") from None
