"""Options that several commands share, spelled once."""

from __future__ import annotations

from typing import Annotated

import typer

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql+psycopg://HOST/NAME; else $ABOVEBOARD_DATABASE, else ./aboveboard-data.",
    ),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="file:///FOLDER or s3://BUCKET/PREFIX?endpoint=URL; else $ABOVEBOARD_STORE, else ./aboveboard-data.",
    ),
]
