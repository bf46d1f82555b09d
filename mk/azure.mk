# What the embedded Azure knows of Azure's resource types, from the types of the Bicep compiler.

.PHONY: azure-types
azure-types: .venv/development ## Write the list of Azure's resource types, from the Bicep compiler
	$(BIN)/python -m dev.azure_types

# Microsoft's newest SDKs, for the tests of the embedded Azure alone.
.PHONY: azure-sdks
azure-sdks: .cache/azure-sdks/installed

.cache/azure-sdks/installed: tests/azure/requirements.txt | .venv/development # which replaces pip
	echo "Installing the packages of $< into .cache/azure-sdks ..."
	rm -rf .cache/azure-sdks
	$(PIP) --no-deps --target .cache/azure-sdks --requirement $<
	touch $@
