# One static program on nothing: no shell, no package manager, no root.
ARG GO_VERSION=1.26

FROM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /image/wixrecon ./cmd/wixrecon
# What scratch lacks: roots to trust, and time zones (the program carries a copy
# of its own; these can be newer). A workbook spills its rows to /tmp, several
# hundred MB for a million of them, so the user must be able to write there. /data
# is where runs go when nothing is mounted and --out is not set.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata
RUN mkdir -p /image/etc/ssl/certs /image/usr/share /writable/tmp /writable/data \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && cp -r /usr/share/zoneinfo /image/usr/share/zoneinfo \
 && chmod 1777 /writable/tmp

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="wixrecon" \
      org.opencontainers.image.description="Reconciles a reseller's subscription ledger with the Wix Resellers API" \
      org.opencontainers.image.source="https://github.com/wixrecon/wixrecon" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /image/ /
# COPY makes everything root's, unless it is told otherwise.
COPY --from=build --chown=65532:65532 /writable/ /
WORKDIR /data
# A number, so that Kubernetes can hold runAsNonRoot against it.
USER 65532:65532
ENTRYPOINT ["/wixrecon"]
