# A static binary and the certificates for HTTPS to a language model, nothing else.
# The image serves on loopback until SUMMARIZER_LISTEN says otherwise, as the binary
# does: see deploy/compose.yaml and deploy/kubernetes.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.version=${VERSION}" -o /out/summarizer ./cmd/summarizer \
    && mkdir -m 0700 /out/cache

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/summarizer /summarizer
COPY --from=build --chown=65532:65532 /out/cache /cache
USER 65532:65532
ENV SUMMARIZER_DATA_DIR=/cache
EXPOSE 50051 9464
HEALTHCHECK --interval=10s --timeout=5s CMD ["/summarizer", "healthcheck"]
ENTRYPOINT ["/summarizer"]
CMD ["serve"]
