"""The safetensors container: a length, a JSON header, a data section. Written by hand, so that it can be wrong."""

import hashlib
import json
import struct


def assemble(contents, metadata=None):
    """Header as a dictionary and data section of tensors, each (dtype, shape, bytes) by its name.

    With metadata, the header has them and the checksum of the data section.
    """
    header, data = {}, b""
    for name, (dtype, shape, piece) in contents.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    if metadata is not None:
        header["__metadata__"] = {**metadata, "anatomynet.data_sha256": hashlib.sha256(data).hexdigest()}
    return header, data


def container(header, data):
    """The file. The header may be bytes that are no JSON."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def disassemble(file):
    """Header as a dictionary and data section of a file's content."""
    end = 8 + struct.unpack("<Q", file[:8])[0]
    return json.loads(file[8:end]), file[end:]
