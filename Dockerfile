# A static binary and the certificates for HTTPS to a language model, nothing else.
# The image serves on loopback until SUMMARIZER_LISTEN says otherwise, as the binary
# does: see deploy/compose.yaml and deploy/kubernetes.
#
# For another architecture: docker buildx build --platform linux/amd64,linux/arm64 .
# For the same image of Go each time: --build-arg GO_IMAGE=golang:1.26.8@sha256:…
ARG GO_IMAGE=golang:1.26.8
FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.version=${VERSION}" -o /out/summarizer ./cmd/summarizer \
    && go build -o /notices tools/notices/main.go \
    && GOOS=$TARGETOS GOARCH=$TARGETARCH /notices ./cmd/summarizer >/out/NOTICES \
    && mkdir -m 0700 /out/cache

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/summarizer /summarizer
COPY --from=build /out/NOTICES /src/LICENSE /
COPY --from=build --chown=65532:65532 /out/cache /cache
USER 65532:65532
ENV SUMMARIZER_DATA_DIR=/cache
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=5s CMD ["/summarizer", "healthcheck"]
ENTRYPOINT ["/summarizer"]
CMD ["serve"]
