"""A local Azure Functions host with Durable Functions, for the laptop and for CI.

It loads an unmodified function_app.py (programming model v2, HTTP streams) and runs its HTTP functions, orchestrators,
activities and timers in one process through the real azure-functions-durable SDK, on a SQLite task hub that survives
kill -9. What it does, it does as the real host was seen to; everything else it refuses by name.
"""
