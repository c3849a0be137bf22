"""The messages of OTLP in protobuf, in classes that refuse no message for what a client wrote inside of it.

protobuf's own classes refuse a whole message where one text is no UTF-8, or where values nest too deep; collectors
forward both. In these classes texts are bytes, and so is what nests beyond DEEPEST.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from stillwatch.errors import Mistake, UsageError

DEEPEST = 16
"""Lists and objects around a value that is read; protobuf itself allows a hundred messages around a message."""

_RECURSIVE = ("AnyValue", "ArrayValue", "KeyValueList", "KeyValue")
_INWARDS = ("ArrayValue", "KeyValueList")  # what they hold lies one level deeper


@dataclass(frozen=True, slots=True)
class Messages:
    """The class of each message, and the exception of their `FromString` for bytes that are no such message."""

    traces: Any
    logs: Any
    error: type[Exception]


@cache
def messages() -> Messages:
    """Returns the classes; raises UsageError when the packages that read protobuf are not installed."""
    try:
        from google.protobuf.descriptor_pb2 import FileDescriptorProto
        from google.protobuf.descriptor_pool import DescriptorPool
        from google.protobuf.message import DecodeError
        from google.protobuf.message_factory import GetMessageClass
        from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
        from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
    except ImportError as error:
        raise UsageError(
            [Mistake("OpenTelemetry in protobuf", f"needs {error.name}", "run `pip install 'stillwatch[otlp]'`")]
        ) from error
    pool = DescriptorPool()
    added: set[str] = set()

    def add(file: Any) -> None:
        if file.name in added:
            return
        added.add(file.name)
        for one in file.dependencies:
            add(one)
        copy = FileDescriptorProto()
        file.CopyToProto(copy)
        pool.Add(_lenient(copy))

    def lenient(kind: Any) -> Any:
        add(kind.DESCRIPTOR.file)
        return GetMessageClass(pool.FindMessageTypeByName(kind.DESCRIPTOR.full_name))

    return Messages(lenient(TracesData), lenient(LogsData), DecodeError)


def _lenient(file: Any) -> Any:
    """The file with bytes in place of texts, and with messages of their own for each level of nested values."""
    kinds = {message.name: message for message in file.message_type}
    if set(_RECURSIVE) <= set(kinds):
        for level in range(DEEPEST + 1, -1, -1):
            for name in _RECURSIVE:
                message = kinds[name] if level == 0 else file.message_type.add()
                message.CopyFrom(kinds[name])
                _set_level(message, name, level)
    for message in file.message_type:
        for field in message.field:
            if field.type == field.TYPE_STRING:
                field.type = field.TYPE_BYTES
    return file


def _set_level(message: Any, name: str, level: int) -> None:
    message.name = f"{name}{level or ''}"
    inner = level + (name in _INWARDS)
    for field in message.field:
        if field.type_name.rpartition(".")[2] not in _RECURSIVE:
            continue
        if level > DEEPEST and name != "KeyValue":
            field.type = field.TYPE_BYTES
            field.ClearField("type_name")
        elif inner:
            field.type_name += str(inner)
