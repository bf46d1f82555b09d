"""The driver's data: frozen models, parsed once, where they enter. What crosses the durable boundary is plain JSON of
them.
"""
