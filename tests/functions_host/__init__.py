"""Tests of the local Functions host: its parts, a real host process, and the recordings of the real host."""
