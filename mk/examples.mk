.PHONY: examples-check
examples-check: .cache/lmctl/installed ## Validate and build the example packages with the real lmctl
	rm -rf .cache/examples
	cp -R examples/packages .cache/examples
	rm .cache/examples/README.md
	# lmctl keeps its log in the home directory.
	export HOME="$$PWD/.cache/lmctl"; for package in .cache/examples/*; do \
		for step in validate build; do \
			output=$$(.cache/lmctl/bin/lmctl project $$step --project "$$package" 2>&1) || { echo "$$output"; exit 1; }; \
		done; \
		echo "$$(basename "$$package"): valid, built $$(basename "$$package"/_lmctl/build/*)"; \
	done

.cache/lmctl/installed: examples/requirements.txt
	echo "Installing the packages of examples/requirements.txt into .cache/lmctl ..."
	$(PYTHON) -m venv --clear .cache/lmctl
	.cache/lmctl/bin/python -m pip install --quiet --disable-pip-version-check --no-input --requirement $<
	touch $@
