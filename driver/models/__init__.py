"""The driver's data as frozen models. Each is parsed once, where it enters the driver. Between orchestrator and
activities they travel as plain JSON.
"""
