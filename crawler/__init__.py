"""The crawler: asks permission, fetches politely, archives the exchange, hands its records to provenance."""
