"""What all tables share: naming, instants, digests, keys, text from the web."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class InstantType(TypeDecorator[datetime]):
    """An aware datetime in UTC, to the microsecond.

    PostgreSQL keeps ``timestamptz``; SQLite, which has no such type, the integer of
    microseconds since 1970: 8 bytes instead of 26, in the order of time.
    A naive datetime raises ``ValueError``: nobody can say which instant it meant.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type that the engine stores."""
        wanted = BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(wanted)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an aware datetime into what the engine stores."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: an instant is an aware datetime in UTC")
        return (value - EPOCH) // MICROSECOND if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Turn what the engine stored into an aware datetime in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return EPOCH + timedelta(microseconds=value)
        return value.astimezone(UTC)  # type: ignore[no-any-return]  # the driver's value is untyped


class WireTextType(TypeDecorator[str]):
    """Text that came from the web: what no database can hold is replaced by U+FFFD.

    PostgreSQL refuses NUL, and neither engine encodes a lone surrogate.  The bytes as they
    were received lie in the WARC record; a row that cannot be written would lose them all.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's signature
        """Return the text as both engines can hold it."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    r"""Replace NUL and lone surrogates by U+FFFD; everything else stays as it was.

    >>> storable("a\x00b\ud800c")
    'a\ufffdb\ufffdc'
    """
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


SmallKey = Annotated[int, mapped_column(Integer)]
# SQLite's rowid is named INTEGER only; a BIGINT key would get a second index of its own.
WideKey = Annotated[int, mapped_column(BigInteger().with_variant(Integer(), "sqlite"))]
Instant = Annotated[datetime, mapped_column(InstantType)]
Digest = Annotated[bytes, mapped_column(LargeBinary(32))]
WireText = Annotated[str, mapped_column(WireTextType)]
Words = Annotated[str, mapped_column(Text)]
Bytes = Annotated[int, mapped_column(BigInteger)]
Json = Annotated[Any, mapped_column(JSON(none_as_null=True))]  # None is SQL NULL, not the JSON word


class Base(DeclarativeBase):
    """The root of our tables; constraint names follow one rule on both engines."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
