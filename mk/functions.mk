# Microsoft's loader of function apps, for the tests of the local Functions host.

.PHONY: functions-runtime
functions-runtime: .cache/functions-runtime/installed

.cache/functions-runtime/installed: tests/functions_host/requirements.txt .venv/runtime | .venv/development # which replaces pip
	echo "Installing the packages of tests/functions_host/requirements.txt into .cache/functions-runtime ..."
	rm -rf .cache/functions-runtime
	$(PIP) --no-deps --ignore-requires-python --target .cache/functions-runtime --requirement $<
	touch $@
