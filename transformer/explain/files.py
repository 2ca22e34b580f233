"""Files that are written whole, or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..training.directory import shown


def write_files(files: Mapping[Path, bytes]) -> None:
    """Write files, or none of them: under temporary names, which they give up when all are there.

    Args:
        files: their contents, by their paths.

    Raises:
        OSError: one cannot be written; a file that was there is as it was.
    """
    unfinished: dict[Path, Path] = {}  # the file: its temporary name
    path = Path()
    try:
        for path, content in files.items():
            if path.exists() and not path.is_file():  # a directory, a device
                raise FileExistsError(errno.EEXIST, "it is no file")
            unfinished[path] = path.with_name(f".{os.getpid()}.{len(unfinished)}.new")
            unfinished[path].write_bytes(content)
        for path, temporary in unfinished.items():
            os.replace(temporary, path)
    except BaseException as error:
        for temporary in unfinished.values():
            with suppress(OSError):
                temporary.unlink()
        if isinstance(error, OSError):
            raise OSError(f"cannot write {shown(path)}: {error.strerror}") from None
        raise
