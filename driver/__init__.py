"""The Azure resource driver for TNC-O: what its HTTP functions, activities and commands do."""

VERSION = "2.0.0"  # the release, as in CHANGELOG.md and in the chart's appVersion
