"""Thousands of damaged weight files, their checksum valid unless it is the damage, through
anatomynet_load_memory: a status and a message each time, quickly and in little memory.

damage.py LIBRARY [RUNS]
"""

import copy
import ctypes
import json
import random
import resource
import struct
import sys
import time

import weights
from safetensors_container import assemble, container

# The functions themselves: what they leave in *model is looked at, and NumPy is not needed.
library = ctypes.CDLL(sys.argv[1])
library.anatomynet_last_error.restype = ctypes.c_char_p
library.anatomynet_load_memory.argtypes = [
    ctypes.c_char_p, ctypes.c_uint64, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)
]
library.anatomynet_free.argtypes = [ctypes.c_void_p]
runs = int(sys.argv[2]) if len(sys.argv) > 2 else 6000
source = random.Random(20260101)
contents = weights.tensors()
names = list(contents)
seen, failures, accepted, slowest = {}, 0, 0, 0.0


def weight_file(tensors):
    return container(*assemble(tensors, weights.METADATA))


def load(file, what):
    global failures, accepted, slowest
    model = ctypes.c_void_p(1)
    begin = time.perf_counter()
    status = library.anatomynet_load_memory(file, len(file), None, ctypes.byref(model))
    slowest = max(slowest, time.perf_counter() - begin)
    message = library.anatomynet_last_error().decode()
    if status == 0:
        accepted += 1
        library.anatomynet_free(model)
        return status, ""
    seen[status] = seen.get(status, 0) + 1
    good = 20 <= status <= 26 and model.value is None and 10 < len(message) < 1100
    if not good:
        failures += 1
        print(f"damage.py: {what}: status {status}, message {message!r}")
    return status, message


def expect(file, statuses, words, what):
    """A damage of which it is known what must be said."""
    global failures
    status, message = load(file, what)
    if status not in statuses or words not in message:
        failures += 1
        print(f"damage.py: {what}: expected {words!r}, but: {status} {message!r}")


def float_tensor():
    return source.choice([name for name in names if contents[name][0] == "F32"])


def put(name, index, value):
    changed = dict(contents)
    dtype, shape, piece = changed[name]
    changed[name] = (dtype, shape, piece[:4 * index] + struct.pack("<f", value) + piece[4 * index + 4:])
    return weight_file(changed)


def known_damage():
    name = float_tensor()
    dtype, shape, piece = contents[name]
    kind = source.randrange(10)
    changed = dict(contents)
    if kind == 0:
        del changed[name]
        expect(weight_file(changed), [23], name, f"{name} missing")
    elif kind == 1:
        changed[name + "x"] = contents[name]
        expect(weight_file(changed), [23], name + "x", f"{name}x unknown")
    elif kind == 2:
        index = source.randrange(len(piece) // 4)
        value = source.choice([float("nan"), float("inf"), float("-inf")])
        expect(put(name, index, value), [24], f"'{name}'", f"{name}[{index}] = {value}")
    elif kind == 3:
        name = source.choice([n for n in names if n.endswith("running_var")])
        expect(put(name, 0, -1e-3), [24], f"'{name}'", f"{name} negative")
    elif kind == 4:
        changed[name] = ("F32", shape + [1], piece)
        expect(weight_file(changed), [23], name, f"{name} of another rank")
    elif kind == 5:
        changed[name] = ("I64", shape, piece + piece)
        expect(weight_file(changed), [23], name, f"{name} of integers")
    elif kind == 6:
        changed[name] = ("F32", [shape[0] + 1] + shape[1:], piece + bytes(len(piece) // shape[0]))
        expect(weight_file(changed), [22, 23], "", f"{name} with another channel")
    elif kind == 7:
        header, data = assemble(contents, weights.METADATA)
        header[name]["data_offsets"] = [value + 4 for value in header[name]["data_offsets"]]
        expect(container(header, data), [21], "tensor", f"{name} moved")
    elif kind == 8:
        header, data = assemble(contents, weights.METADATA)
        header[name]["dtype"] = source.choice(["F64", "I32", "U8", "BOOL", "f32", ""])
        expect(container(header, data), [23], f"'{name}'", f"dtype of {name}")
    else:
        header, data = assemble(contents, weights.METADATA)
        position = source.randrange(len(data))
        data = data[:position] + bytes([data[position] ^ 1 << source.randrange(8)]) + data[position + 1:]
        expect(container(header, data), [25], "SHA-256", "a bit of the data")


VALUES = [
    None, True, False, 0, 1, -1, 2, 8, 1.5, 1e300, 2**31, 2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**40,
    "", "F16", "BF16", "I64", "F32", "x" * 300, "x" * 40000, "\0", "a\0b", "\ud800", "é\U0001F600", [], {}, [[[[[[]]]]]],
    [0], [1, 2], {"a": {"b": {"c": {"d": {}}}}}, "none", "-1,1", "1e999", "nan", "2", "0",
]


def value():
    return copy.deepcopy(source.choice(VALUES))


def mutate(node):
    if isinstance(node, dict) and node and source.random() < 0.95:
        key = source.choice(list(node))
        choice = source.randrange(8)
        if choice == 0:
            del node[key]
        elif choice == 1:
            node[source.choice([key + "x", key[:-1], "__metadata__", "", "anatomynet.x", "k\0"])] = node.pop(key)
        elif choice == 2:
            node[key] = copy.deepcopy(node[source.choice(list(node))])
        else:
            node[key] = mutate(node[key])
        return node
    if isinstance(node, list) and node and source.random() < 0.8:
        index = source.randrange(len(node))
        choice = source.randrange(5)
        if choice == 0:
            del node[index]
        elif choice == 1:
            node.insert(index, value())
        elif choice == 2:
            node.reverse()
        else:
            node[index] = mutate(node[index])
        return node
    if isinstance(node, int) and source.random() < 0.5:
        return node + source.choice([-8, -4, -1, 1, 4, 8, 2**31, 2**62, -2**40])
    return value()


def structured_damage():
    header, data = assemble(contents, weights.METADATA)
    for _ in range(source.randint(1, 3)):
        target = "__metadata__" if source.random() < 0.4 else source.choice(list(header) or [""])
        if target not in header:
            break
        if source.random() < 0.8:
            header[target] = mutate(header[target])
        else:
            del header[target]
    load(container(header, data), "a mutated header")


def textual_damage():
    header, data = assemble(contents, weights.METADATA)
    text = bytearray(json.dumps(header, ensure_ascii=source.random() < 0.5).encode(errors="surrogatepass"))
    for _ in range(source.randint(1, 4)):
        position = source.randrange(len(text))
        choice = source.randrange(4)
        if choice == 0:
            text[position] = source.randrange(256)
        elif choice == 1:
            del text[position:position + source.randint(1, 200)]
        elif choice == 2:
            text[position:position] = text[position:position + source.randint(1, 200)]
        else:
            text[position:position] = source.choice([b"[" * 5000, b"{\"a\":" * 5000, b"\"", b"\\u0000", b"\xff", b"9" * 500])
    load(container(bytes(text), data), "a mutated text")


def file_damage():
    file = bytearray(weight_file(contents))
    choice = source.randrange(4)
    if choice == 0:
        del file[source.randrange(len(file)):]
    elif choice == 1:
        file += bytes(source.randint(1, 100))
    elif choice == 2:
        file[source.randrange(8)] = source.randrange(256)
    else:
        file = bytearray(source.randbytes(source.randrange(200)))
    load(bytes(file), "a mutated file")


status, _ = load(weight_file(contents), "the undamaged file")
if status:
    failures += 1
    print(f"damage.py: the undamaged file is refused: {library.anatomynet_last_error().decode()}")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for run in range(runs):
    (known_damage, structured_damage, textual_damage, file_damage)[run % 4]()
growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
if growth > 65536:
    failures += 1
    print(f"damage.py: the peak of the memory rose by {growth} KB")
if slowest > 2:
    failures += 1
    print(f"damage.py: one load took {slowest:.1f} s")
if accepted > runs / 4:
    failures += 1
    print(f"damage.py: {accepted} of {runs} damaged files were accepted")
if set(seen) != {21, 22, 23, 24, 25, 26}:
    failures += 1
    print(f"damage.py: statuses {sorted(seen)}: some check was never reached")
print(f"damage: statuses {seen}, {accepted} accepted, slowest {slowest * 1e3:.1f} ms, peak grew by {growth} KB")
print(f"damage: {runs + 1 - failures} passed, {failures} failed")
sys.exit(failures != 0)
