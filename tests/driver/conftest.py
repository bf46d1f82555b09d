"""Settings of the generated examples: the same ones in every run, kept nowhere."""

from hypothesis import HealthCheck, settings

# The first example of a process makes tables of characters, which takes a second and is no fault of the test.
settings.register_profile(
    "driver", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("driver")
