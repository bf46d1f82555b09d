# The console's tests: Chromium of Debian, and axe-core, which looks for barriers.
AXE := .cache/console-tools/node_modules/axe-core/axe.min.js

.PHONY: console-tools
console-tools: $(AXE)
	command -v chromium >/dev/null || { \
		test "$$(id -u)" = 0 || { echo "Chromium is missing (Debian: apt install chromium)." >&2; exit 1; }; \
		echo "Installing Debian's packages chromium and fonts-liberation ..."; \
		apt-get -qq update; \
		DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium fonts-liberation >/dev/null; }

$(AXE): tests/console/package.json tests/console/package-lock.json
	echo "Installing the package of tests/console/package.json into .cache/console-tools ..."
	mkdir -p .cache/console-tools
	cp $^ .cache/console-tools
	cd .cache/console-tools && npm ci --ignore-scripts --no-audit --no-fund --silent
	touch $@

.PHONY: console-images
console-images: .venv/development console-tools ## Write the pictures of the console in docs/images, from real executions
	CONSOLE_IMAGES=docs/images CONSOLE_REQUIRED=1 $(BIN)/python -m pytest --quiet tests/e2e/test_console.py
