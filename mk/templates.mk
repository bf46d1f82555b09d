# The Bicep compiler is the one BICEP_PATH names, else `bicep` on the PATH.

.PHONY: templates
templates: .venv/development ## Compile the Bicep of infra/ and write the READMEs of the resource packages
	$(BIN)/python -m dev.templates

.PHONY: templates-check
templates-check: .venv/development ## Fail if `make templates` would change anything or the linter warns
	$(BIN)/python -m dev.templates --check

.PHONY: catalogue
catalogue: .venv/development ## Take every built-in resource type through every transition, against the embedded Azure
	$(BIN)/python -m pytest --quiet tests/e2e/test_catalogue.py
