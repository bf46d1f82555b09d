# The driver as a container: the Functions host with the app and the Bicep CLI, for OpenShift and Kubernetes.
#
#   make image FUNCTIONS_IMAGE=<registry>/azure-functions/python:4-python3.11-slim@sha256:<digest> IMAGE=<name>:<tag>
#
# FUNCTIONS_IMAGE is Microsoft's image of the Functions host for Python 3.11, from their registry or a mirror of it.
ARG FUNCTIONS_IMAGE

# hadolint ignore=DL3006
FROM ${FUNCTIONS_IMAGE} AS build
WORKDIR /build
# The worker looks here for the app's packages. Bytecode is made now: the running container may not write it.
COPY requirements.lock ./
RUN python3 -m pip install --no-cache-dir --no-deps --only-binary=:all: --root-user-action=ignore \
      --target wwwroot/.python_packages/lib/site-packages --require-hashes --requirement requirements.lock
COPY function_app.py host.json wwwroot/
COPY driver wwwroot/driver
COPY orchestrators wwwroot/orchestrators
COPY infra/resources wwwroot/infra/resources
RUN python3 -m compileall -q --invalidation-mode unchecked-hash wwwroot && chmod -R a+rX,go-w wwwroot

# A release of Bicep and the digest of its binary go together: change both.
ARG BICEP_VERSION=0.49.2
ARG BICEP_SHA256=0ab9de90c2493f206f8281bae74f9ee2d5ed3605548dab1adf41fef185e1f7c5
ADD --checksum=sha256:${BICEP_SHA256} --chmod=0755 \
    https://github.com/Azure/bicep/releases/download/v${BICEP_VERSION}/bicep-linux-x64 bicep

# hadolint ignore=DL3006
FROM ${FUNCTIONS_IMAGE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="azure-driver" \
      org.opencontainers.image.description="Azure resource driver for TNC-O / CP4NA" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=build /build/bicep /usr/local/bin/bicep
COPY --from=build /build/wwwroot /home/site/wwwroot

# What the Functions host needs to run the app; the chart adds TLS, keys and the durable backend. Without WEBSITE_HOSTNAME
# Durable's webhooks answer 500; the chart gives the Service's name. LOG_OUTPUT: the driver's lines as they are.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    FUNCTIONS_WORKER_RUNTIME=python \
    PYTHON_ENABLE_INIT_INDEXING=1 \
    AzureWebJobsDisableHomepage=true \
    ASPNETCORE_URLS=http://+:7275 \
    WEBSITE_HOSTNAME=localhost:7275 \
    LOG_OUTPUT=container \
    PYTHONDONTWRITEBYTECODE=1 \
    BICEP_PATH=/usr/local/bin/bicep \
    HOME=/tmp

# Any user may run it (OpenShift chooses one, in group 0): nothing in the image is written, only /tmp.
USER 10001:0
WORKDIR /home/site/wwwroot
EXPOSE 7275

HEALTHCHECK --start-period=60s --interval=30s --timeout=10s CMD ["python3", "-c", \
  "import os, ssl, urllib.request as r; r.urlopen(os.environ['ASPNETCORE_URLS'].replace('+', 'localhost') + '/admin/host/ping', context=ssl._create_unverified_context(), timeout=5)"]

# Not the base image's start script: it does not hand SIGTERM on to the host.
CMD ["/azure-functions-host/Microsoft.Azure.WebJobs.Script.WebHost"]
