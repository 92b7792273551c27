"""Opens archives that a training job wrote, in memory and within bounds; nothing is ever unpacked to disk."""

import io
import tarfile
import zlib
from collections.abc import Collection

from functions.shared.errors import BadArtifact

MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
"""Largest compressed archive that is read."""
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""Largest archive once decompressed: a small one may hide a very large one."""
_PIECE_BYTES = 1024 * 1024


def members(content: bytes, allowed: Collection[str], archive: str) -> dict[str, bytes]:
    """Return the files of a tar.gz by name.

    Raises:
        BadArtifact: it is truncated, too large, or holds anything but plain files of the allowed names.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(_unzip(content, archive)), mode="r:") as tar:
            for entry in tar:
                name = entry.name.removeprefix("./")
                if entry.isdir() and name in {"", "."}:
                    continue
                if name not in allowed or not entry.isreg() or name in found:
                    raise BadArtifact(f"{archive} holds {name[:100]!r}, which we do not write")
                stream = tar.extractfile(entry)
                found[name] = stream.read() if stream else b""
                if len(found[name]) != entry.size:
                    raise BadArtifact(f"{archive} is truncated")
    except tarfile.TarError as error:
        raise BadArtifact(f"{archive} is not a tar archive: {error}") from None
    return found


def _unzip(content: bytes, archive: str) -> bytes:
    decompressor = zlib.decompressobj(wbits=31)  # gzip
    unpacked = bytearray()
    try:
        unpacked += decompressor.decompress(content, MAX_UNPACKED_BYTES)
        while decompressor.unconsumed_tail and len(unpacked) < MAX_UNPACKED_BYTES:
            unpacked += decompressor.decompress(decompressor.unconsumed_tail, _PIECE_BYTES)
    except zlib.error as error:
        raise BadArtifact(f"{archive} is not gzip: {error}") from None
    if decompressor.unconsumed_tail:
        raise BadArtifact(f"{archive} holds more than {MAX_UNPACKED_BYTES} bytes")
    if not decompressor.eof:
        raise BadArtifact(f"{archive} is truncated")
    return bytes(unpacked)
