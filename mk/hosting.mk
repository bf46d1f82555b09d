# The app as a zip for Azure Functions.

.PHONY: package
package: .venv/runtime ## Build dist/azure-driver.zip, which Azure Functions runs (PACKAGES=1: with the Python packages inside)
	$(BIN)/python -m dev.package dist/azure-driver.zip $(if $(PACKAGES),--with-packages)
