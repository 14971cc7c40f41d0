"""The parts of an ONNX model that tell what it takes, gives and does.

Protocol Buffers' wire format, as far as `onnx.proto` uses it (github.com/onnx/onnx). The
weights are passed over, so a model of any size costs its nodes alone.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from marketplace.catalog.heads.facts import Head, NotReadable, counted, text

MOST_FIELDS = 50_000
LARGEST_PART = 64 * 2**10  # what is longer, such as a constant, is passed over
MOST_PORTS = 100
MOST_OPERATORS = 12
COLUMNS = ("", "Name", "Type", "Shape")
TYPES = (  # TensorProto.DataType
    *("undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64"),
    *("text", "bool", "float16", "float64", "uint32", "uint64", "complex64"),
    *("complex128", "bfloat16"),
)
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def read_onnx(file: BinaryIO, size_bytes: int) -> Head:
    """Read inputs, outputs, operators and who wrote an ONNX model.

    Args:
        file: a seekable one, at its beginning.
        size_bytes: of the whole file.

    Raises:
        NotReadable: it is no ONNX model, or has more parts than are read here.
    """
    model = _Model()
    walk = _Walk(file)
    for number, value in walk.fields(size_bytes):
        match number, value:
            case 1, int():
                model.ir_version = value
            case 2, (start, size):
                model.producer = walk.text(start, size)
            case 3, (start, size):
                model.producer_version = walk.text(start, size)
            case 7, (start, size):
                _read_graph(walk, model, start, size)
            case 8, (start, size):
                model.opsets.append(_opset(walk, start, size))
    if not model.ir_version or not model.has_graph:
        raise NotReadable("It holds no ONNX model.")
    return model.told()


class _Model:
    """What was found so far."""

    def __init__(self) -> None:
        self.ir_version = 0
        self.producer = self.producer_version = ""
        self.opsets: list[str] = []
        self.operators: Counter[str] = Counter()
        self.weights = 0
        self.initialised: set[str] = set()
        self.inputs: list[tuple[str, str, str]] = []
        self.outputs: list[tuple[str, str, str]] = []
        self.has_graph = False

    def told(self) -> Head:
        common = self.operators.most_common(MOST_OPERATORS)
        listed = ", ".join(f"{name} ({counted(count)})" for name, count in common)
        if len(self.operators) > MOST_OPERATORS:
            listed += f" and {len(self.operators) - MOST_OPERATORS} other kinds"
        inputs = [one for one in self.inputs if one[0] not in self.initialised]
        rows = [("Input", *one) for one in inputs]
        rows += [("Output", *one) for one in self.outputs]
        facts = [
            ("Nodes", counted(self.operators.total())),
            ("Operators", listed or "none"),
            ("Weights", f"{counted(self.weights)} tensors"),
            ("Operator set", ", ".join(self.opsets) or "not said"),
            ("Format version", str(self.ir_version)),
            ("Written by", f"{self.producer} {self.producer_version}".strip()),
        ]
        kept = [fact for fact in facts if fact[1]]
        return Head(
            kept, "What it takes and gives", COLUMNS, rows[:MOST_PORTS], len(rows)
        )


def _read_graph(walk: "_Walk", model: _Model, start: int, size: int) -> None:
    model.has_graph = True
    for number, value in walk.fields(size, start):
        if not isinstance(value, tuple):
            continue
        match number:
            case 1:
                model.operators[walk.named(*value, field=4)] += 1
            case 5:
                model.weights += 1
                model.initialised.add(walk.named(*value, field=8, is_long=True))
            case 11 if len(model.inputs) < MOST_PORTS:
                model.inputs.append(_port(walk, *value))
            case 12 if len(model.outputs) < MOST_PORTS:
                model.outputs.append(_port(walk, *value))


def _opset(walk: "_Walk", start: int, size: int) -> str:
    domain, version = "", 0
    for number, value in walk.fields(size, start):
        if number == 1 and isinstance(value, tuple):
            domain = walk.text(*value)
        elif number == 2 and isinstance(value, int):
            version = value
    return f"{domain or 'ai.onnx'} {version}"


def _port(walk: "_Walk", start: int, size: int) -> tuple[str, str, str]:
    """Return the name, type and shape of a ValueInfoProto."""
    name, kind, shape = "", "other", ""
    for number, value in walk.fields(size, start):
        if not isinstance(value, tuple):
            continue
        if number == 1:
            name = walk.text(*value)
        elif number == 2:
            for each, inner in walk.fields(value[1], value[0]):
                if each == 1 and isinstance(inner, tuple):
                    kind, shape = _tensor(walk, *inner)
    return name, kind, shape


def _tensor(walk: "_Walk", start: int, size: int) -> tuple[str, str]:
    kind, sides = "undefined", []
    for number, value in walk.fields(size, start):
        if number == 1 and isinstance(value, int):
            kind = TYPES[value] if value < len(TYPES) else f"type {value}"
        elif number == 2 and isinstance(value, tuple):
            for each, side in walk.fields(value[1], value[0]):
                if each == 1 and isinstance(side, tuple):
                    sides.append(_side(walk, *side))
    return kind, " × ".join(sides) or "one number"


def _side(walk: "_Walk", start: int, size: int) -> str:
    said = "any"
    for number, value in walk.fields(size, start):
        if number == 1 and isinstance(value, int):
            said = str(value)
        elif number == 2 and isinstance(value, tuple):
            said = walk.text(*value) or said
    return said


@dataclass(slots=True)
class _Walk:
    """Walks over the fields of messages in a file, and reads those that are asked for."""

    file: BinaryIO
    read: int = 0

    def fields(
        self, size: int, start: int = 0
    ) -> Iterator[tuple[int, int | tuple[int, int]]]:
        """Yield fields of the message there: a number, and a value or where it lies."""
        at, end = start, start + size
        while at < end:
            self.read += 1
            if self.read > MOST_FIELDS:
                raise NotReadable("It has more parts than are read here.")
            self.file.seek(at)
            key, length = self._varint()
            at += length
            number, kind = key >> 3, key & 7
            if kind == VARINT:
                value, length = self._varint()
                at += length
                yield number, value
            elif kind == BYTES:
                held, length = self._varint()
                at += length
                if held > end - at:
                    raise NotReadable("A part of it is longer than the whole.")
                yield number, (at, held)
                at += held
            elif kind in (FIXED32, FIXED64):
                at += 4 if kind == FIXED32 else 8
            else:
                raise NotReadable("It is no protocol buffer.")

    def text(self, start: int, size: int) -> str:
        self.file.seek(start)
        return text(self.file.read(min(size, 1000)))

    def named(self, start: int, size: int, *, field: int, is_long: bool = False) -> str:
        """Return the text of one field of a message; nothing of one that is too long."""
        if size > LARGEST_PART and not is_long:
            return "other"
        for number, value in self.fields(size, start):
            if number == field and isinstance(value, tuple):
                return self.text(*value)
        return ""

    def _varint(self) -> tuple[int, int]:
        """Read a number where the file is; return it and how many bytes it took."""
        number = 0
        for place in range(10):
            byte = self.file.read(1)
            if not byte:
                raise NotReadable("It is cut off.")
            number |= (byte[0] & 0x7F) << (7 * place)
            if byte[0] < 0x80:
                return number, place + 1
        raise NotReadable("It has a number that is too long.")
