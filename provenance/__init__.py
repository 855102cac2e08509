"""The provenance database: who asked, who permitted, what was stated, what we decided, and where the bytes are."""
