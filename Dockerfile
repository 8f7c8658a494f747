# One static binary on an empty image: no shell, no package manager, no root.
ARG GO_VERSION=1.26

FROM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -tags disable_grpc_modules -ldflags "-s -w -X main.version=${VERSION}" -o /image/wixrecon ./cmd/wixrecon
# scratch has no root certificates and no time zones (the program embeds a copy;
# these can be newer). /tmp must be writable: a workbook writes its rows there,
# several hundred MB for a million rows. /data is the default location of runs.
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
# Without --chown, COPY makes root the owner.
COPY --from=build --chown=65532:65532 /writable/ /
WORKDIR /data
# A number, because Kubernetes can't check runAsNonRoot for a name.
USER 65532:65532
ENTRYPOINT ["/wixrecon"]
