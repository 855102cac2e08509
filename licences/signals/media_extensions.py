"""File extensions and the media types they stand for: what ai.txt means by ``*.jpg``."""

from __future__ import annotations

_EXTENSIONS: dict[str, tuple[str, ...]] = {
    "image/*": ("ai", "psd", "raw"),
    "image/avif": ("avif",),
    "image/bmp": ("bmp",),
    "image/gif": ("gif",),
    "image/heic": ("heic",),
    "image/jpeg": ("jfif", "jpe", "jpeg", "jpg"),
    "image/png": ("png",),
    "image/svg+xml": ("svg",),
    "image/tiff": ("tif", "tiff"),
    "image/vnd.microsoft.icon": ("ico",),
    "image/webp": ("webp",),
    "audio/aac": ("aac",),
    "audio/flac": ("flac",),
    "audio/mp4": ("m4a",),
    "audio/mpeg": ("mp3",),
    "audio/ogg": ("oga", "opus"),
    "audio/wav": ("wav",),
    "video/mp4": ("m4v", "mp4"),
    "video/mpeg": ("mpeg", "mpg"),
    "video/ogg": ("ogg", "ogv"),
    "video/quicktime": ("mov",),
    "video/webm": ("webm",),
    "video/x-matroska": ("mkv",),
    "video/x-msvideo": ("avi",),
    "application/epub+zip": ("epub",),
    "application/json": ("json",),
    "application/msword": ("doc",),
    "application/pdf": ("pdf",),
    "application/rtf": ("rtf",),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/xml": ("xml",),
    "text/css": ("css",),
    "text/csv": ("csv",),
    "text/html": ("htm", "html"),
    "text/javascript": ("js",),
    "text/markdown": ("md",),
    "text/plain": ("txt",),
    "text/x-tex": ("tex",),
}
_TYPES = {extension: media for media, extensions in _EXTENSIONS.items() for extension in extensions}
_SAME = {
    "application/javascript": "text/javascript",
    "application/x-javascript": "text/javascript",
    "application/xhtml+xml": "text/html",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-icon": "image/vnd.microsoft.icon",
    "text/rtf": "application/rtf",
    "text/xml": "application/xml",
}


def media_of_extension(extension: str) -> str | None:
    """Return the media type that an extension stands for, None when we know none.

    Args:
        extension: in lower case, without its dot.
    """
    return _TYPES.get(extension)


def plain_type(media_type: str) -> str:
    """Return a media type by the one of its names that extensions stand for here."""
    return _SAME.get(media_type, media_type)
