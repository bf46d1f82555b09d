# Where the packages come from, and what is known of them.

.PHONY: audit
audit: .venv/development ## Look for known vulnerabilities in the packages of requirements.lock (says so where it cannot)
	$(BIN)/python -m dev.audit

.PHONY: sbom
sbom: .venv/development ## Write the app's software bill of materials to dist/sbom.cdx.json (CycloneDX)
	mkdir -p dist
	$(BIN)/cyclonedx-py requirements --output-reproducible --of JSON --output-file dist/sbom.cdx.json requirements.lock
	echo "dist/sbom.cdx.json"
