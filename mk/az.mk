# The real Azure CLI, in an environment of its own, for the tests that play it against the embedded Azure.

.PHONY: az-tools
az-tools: .cache/az-tools/installed

.cache/az-tools/installed: tests/azure_cli/requirements.txt | .venv/bin/python
	echo "Installing the packages of $< into .cache/az-tools ..."
	rm -rf .cache/az-tools
	$(PYTHON) -m venv .cache/az-tools
	.cache/az-tools/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-compile --requirement $<
	touch $@
