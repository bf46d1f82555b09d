.PHONY: api-check
api-check: .venv/development ## Hold the running app against its OpenAPI document with schemathesis
	$(BIN)/python -m dev.api_check
