# The documentation.

.PHONY: reference
reference: .venv/development ## Write the generated parts of docs/ from settings, failure codes, resource types and lifecycle.yaml
	$(BIN)/python -m dev.reference

SITE ?= site

.PHONY: docs
docs: .cache/docs/installed ## Build the documentation into site/ (SITE=FOLDER); any warning is an error
	NO_MKDOCS_2_WARNING=1 .cache/docs/bin/mkdocs build --strict --site-dir "$(SITE)" # with --quiet it would not see its own warnings

.cache/docs/installed: docs/requirements.txt
	echo "Installing the packages of docs/requirements.txt into .cache/docs ..."
	$(PYTHON) -m venv --clear .cache/docs
	.cache/docs/bin/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --requirement $<
	touch $@
