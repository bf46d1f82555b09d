# Upgrades and rotations with work in flight.

.PHONY: drain
drain: .venv/runtime ## Wait until no lifecycle runs after `make run`, and show what still does (WAIT=900 seconds)
	$(BIN)/python -m dev.drain $(WAIT)

.PHONY: rotate-drill
rotate-drill: .venv/development ## Rotate the sealing key of two pods while Creates and Deletes run, and report
	$(BIN)/python -m benchmarks.rotation
