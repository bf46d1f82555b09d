"""The rules of ownership and removal, held against random worlds: a small model of ARM, and the driver above it."""
