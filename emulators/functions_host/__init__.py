"""A local Azure Functions host with Durable Functions, for the laptop and for CI.

It loads an unmodified function_app.py (programming model v2, HTTP streams) and runs its HTTP functions, orchestrators,
activities and timers in one process through the real azure-functions-durable SDK, on a SQLite task hub that survives
kill -9. What it does, it does as the real host was seen to; everything else it refuses by name.

It refuses an app that the real Python worker would refuse (signatures.py), and one with names that the real host takes
in silence: of two activities with one name, and of an activity or orchestrator that is called and not registered.
Called names are read from the orchestrator's source, where they are literals or constants of its module; those chosen
at run time from a collection ACTIVITIES in its module.
"""
