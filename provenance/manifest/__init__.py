"""Manifests: the documents that a policy permits for a usage, one row each, sealed, and the papers beside them.

Everything here but `selection` needs the extra ``[parquet]``.
"""
