# What the tests and the checks use beside the packages of .venv. None of it needs another: with --jobs they are installed
# at the same time.
TOOLS := chart-tools az-tools console-tools kafka-jars functions-runtime azure-sdks .cache/lmctl/installed .cache/docs/installed

.PHONY: tools
tools: $(TOOLS) ## Install under .cache what only the tests and checks use (--jobs=8: all of it at the same time)

.PHONY: kafka-jars
kafka-jars: .venv/development
	$(BIN)/python -c 'from dev import apache_kafka; apache_kafka.jars()'
