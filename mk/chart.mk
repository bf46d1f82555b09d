# The container image and the Helm chart.
#
#   make image FUNCTIONS_IMAGE=<registry>/azure-functions/python:4-python3.11-slim@sha256:<digest> [IMAGE=azure-driver:2.0.0]
CHART := helm/azure-driver
CHART_TOOLS := .cache/chart-tools
CHART_VERSION = $(shell sed -n 's/^version: //p' $(CHART)/Chart.yaml)
CONTAINERS ?= $(shell command -v docker || command -v podman)
IMAGE ?= azure-driver:$(CHART_VERSION)

.PHONY: chart-tools
chart-tools: .venv/development
	$(BIN)/python -m tests.helm.tools

.PHONY: chart-check
chart-check: chart-tools ## Check the Helm chart and the Dockerfile with every tool, over all cases of helm/azure-driver/ci
	$(BIN)/python -m tests.helm.matrix
	$(BIN)/python -m pytest --quiet --ignore tests/helm/test_matrix.py tests/helm

.PHONY: chart-docs
chart-docs: chart-tools ## Write the chart's README from the comments in its values
	$(CHART_TOOLS)/checks/bin/helm-docs --chart-search-root $(CHART) --log-level warning

.PHONY: chart-package
chart-package: chart-tools ## Package the Helm chart into dist/
	$(CHART_TOOLS)/helm-3.17.3 package $(CHART) --destination dist

.PHONY: image
image: ## Build the container image with docker or podman (FUNCTIONS_IMAGE=...@sha256:... IMAGE=name:tag)
	case "$(FUNCTIONS_IMAGE)" in *@sha256:*) ;; *) \
		echo "FUNCTIONS_IMAGE is '$(FUNCTIONS_IMAGE)': give the Functions host's image for Python 3.11 by digest, name@sha256:..." >&2; exit 1;; esac
	test -n "$(CONTAINERS)" || { echo "Neither docker nor podman is on the PATH; CONTAINERS=/path/to/one names another." >&2; exit 1; }
	$(CONTAINERS) build --tag $(IMAGE) --build-arg FUNCTIONS_IMAGE=$(FUNCTIONS_IMAGE) \
		--build-arg VERSION=$(CHART_VERSION) --build-arg REVISION=$$(git rev-parse HEAD) .
