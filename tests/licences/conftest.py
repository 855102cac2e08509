"""Laws are tried without a stopwatch: these tests run beside others, on machines of any speed."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "licences", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], max_examples=80
)
settings.load_profile("licences")
