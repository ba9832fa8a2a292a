package systemtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/itchyny/gojq"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health/grpc_health_v1" // its messages
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// tools are the programs that the pages use beside summarizer, as far as they use
// them. Each returns its exit code, or an error, which is a code of 1.
var tools = map[string]func(args []string) (int, error){
	"curl":    curl,
	"grpcurl": grpcurl,
	"jq":      jq,
	"openssl": openssl,
}

// curl prints what is at a URL. It sends -d TEXT as a form, as curl does, and -T FILE as it is.
func curl(args []string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, "http://localhost", nil)
	if err != nil {
		return 1, err
	}
	send := func(body io.ReadCloser, media string) {
		request.Body, request.ContentLength = body, -1
		request.Header.Set("Content-Type", media)
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "-d":
			request.Method = http.MethodPost
			send(io.NopCloser(strings.NewReader(args[0])), "application/x-www-form-urlencoded")
			args = args[1:]
		case arg == "-T":
			file, err := os.Open(args[0])
			if err != nil {
				return 1, err
			}
			send(file, "")
			request.Header.Del("Content-Type")
			args = args[1:]
		case arg == "-X":
			request.Method, args = args[0], args[1:]
		case strings.HasPrefix(arg, "-"): // how it prints
		default:
			if request.URL, err = url.Parse("http://" + strings.TrimPrefix(arg, "http://")); err != nil {
				return 1, err
			}
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 1, err
	}
	defer response.Body.Close()
	_, err = io.Copy(os.Stdout, response.Body)
	return 0, err
}

// openssl makes the certificate that req -x509 names.
func openssl(args []string) (int, error) {
	certificate, key, err := certify()
	if err != nil {
		return 1, err
	}
	for name, content := range map[string][]byte{"-out": certificate, "-keyout": key} {
		at := slices.Index(args, name)
		if at < 0 || at+1 == len(args) {
			return 1, fmt.Errorf("openssl: no %s", name)
		}
		if err := os.WriteFile(args[at+1], content, 0o600); err != nil {
			return 1, err
		}
	}
	return 0, nil
}

// jq filters JSON by a program.
func jq(args []string) (int, error) {
	flags := map[rune]bool{}
	for ; len(args) > 0 && strings.HasPrefix(args[0], "-"); args = args[1:] {
		for _, r := range args[0][1:] {
			flags[r] = true
		}
	}
	query, err := gojq.Parse(args[0])
	if err != nil {
		return 3, err
	}
	in := io.Reader(os.Stdin)
	if len(args) > 1 {
		file, err := os.Open(args[1])
		if err != nil {
			return 2, err
		}
		defer file.Close()
		in = file
	}
	if flags['R'] && flags['s'] {
		text, err := io.ReadAll(in)
		if err != nil {
			return 2, err
		}
		return 0, filter(query, string(text), flags)
	}
	for decoder := json.NewDecoder(in); ; {
		var value any
		switch err := decoder.Decode(&value); {
		case errors.Is(err, io.EOF):
			return 0, nil
		case err != nil:
			return 2, err
		}
		if err := filter(query, value, flags); err != nil {
			return 5, err
		}
	}
}

// filter prints what the query makes of a value.
func filter(query *gojq.Query, value any, flags map[rune]bool) error {
	for results := query.Run(value); ; {
		result, ok := results.Next()
		if !ok {
			return nil
		}
		if err, ok := result.(error); ok {
			return err
		}
		if text, ok := result.(string); ok && flags['r'] {
			fmt.Fprintln(os.Stdout, text)
			continue
		}
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetEscapeHTML(false)
		if !flags['c'] {
			encoder.SetIndent("", "  ")
		}
		if err := encoder.Encode(result); err != nil {
			return err
		}
	}
}

// headers are flags of the form "name: value".
type headers struct{ metadata.MD }

// String implements flag.Value.
func (h headers) String() string { return "" }

// Set implements flag.Value.
func (h headers) Set(s string) error {
	name, value, _ := strings.Cut(s, ": ")
	h.Append(name, value)
	return nil
}

// grpcurl calls a method with JSON, lists services and describes messages.
func grpcurl(args []string) (int, error) {
	sent := headers{metadata.MD{}}
	set := flag.NewFlagSet("grpcurl", flag.ContinueOnError)
	data := set.String("d", "", "")
	seconds := set.Float64("max-time", 20, "")
	verbose := set.Bool("v", false, "")
	set.Var(sent, "H", "")
	if err := set.Parse(args); err != nil {
		return 2, err
	}
	args = set.Args()
	connection, err := grpc.NewClient(args[0], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 1, err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(context.Background(), sent.MD), time.Duration(*seconds*float64(time.Second)))
	defer cancel()
	switch args[1] {
	case "list":
		return 0, list(ctx, connection, args[2])
	case "describe":
		return 0, describe(args[2])
	}
	in := io.Reader(strings.NewReader(*data))
	if *data == "@" {
		in = os.Stdin
	}
	err = call(ctx, connection, args[1], in, *verbose)
	if s, ok := status.FromError(err); ok && err != nil {
		printStatus(s)
		return 64 + int(s.Code()), nil
	}
	return 0, err
}

// list prints the methods of a service, as reflection knows it.
func list(ctx context.Context, connection *grpc.ClientConn, service string) error {
	stream, err := grpc_reflection_v1.NewServerReflectionClient(connection).ServerReflectionInfo(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service},
	}); err != nil {
		return err
	}
	response, err := stream.Recv()
	if err != nil {
		return err
	}
	if len(response.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		return fmt.Errorf("the server does not know %s", service)
	}
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return err
	}
	var names []string
	methods := found.(protoreflect.ServiceDescriptor).Methods()
	for i := range methods.Len() {
		names = append(names, string(methods.Get(i).FullName()))
	}
	slices.Sort(names)
	fmt.Fprintln(os.Stdout, strings.Join(names, "\n"))
	return nil
}

// describe prints the fields of a message.
func describe(name string) error {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return err
	}
	message := found.(protoreflect.MessageDescriptor)
	fmt.Fprintf(os.Stdout, "%s is a message:\nmessage %s {\n", name, message.Name())
	fields := message.Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		kind := f.Kind().String()
		if f.Enum() != nil {
			kind = "." + string(f.Enum().FullName())
		}
		if f.Message() != nil {
			kind = "." + string(f.Message().FullName())
		}
		fmt.Fprintf(os.Stdout, "  %s %s = %d;\n", kind, f.Name(), f.Number())
	}
	fmt.Fprintln(os.Stdout, "}")
	return nil
}

// call sends all messages of in and prints all that come back.
func call(ctx context.Context, connection *grpc.ClientConn, name string, in io.Reader, verbose bool) error {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(name, "/", ".")))
	if err != nil {
		return err
	}
	method := found.(protoreflect.MethodDescriptor)
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, "/"+name)
	if err != nil {
		return err
	}
	if err := send(stream, method, in); err != nil {
		return err
	}
	if verbose {
		received, err := stream.Header()
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "Response headers received:")
		for _, header := range slices.Sorted(maps.Keys(received)) {
			fmt.Fprintf(os.Stdout, "%s: %s\n", header, strings.Join(received[header], ", "))
		}
		fmt.Fprintln(os.Stdout)
	}
	for {
		message, err := newMessage(method.Output())
		if err != nil {
			return err
		}
		if err := stream.RecvMsg(message); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, indented(message))
	}
}

// send sends the messages of in, or an empty one where there is none.
func send(stream grpc.ClientStream, method protoreflect.MethodDescriptor, in io.Reader) error {
	sent := 0
	for decoder := json.NewDecoder(in); ; sent++ {
		raw := json.RawMessage("{}")
		if err := decoder.Decode(&raw); errors.Is(err, io.EOF) {
			if sent > 0 || method.IsStreamingClient() {
				return stream.CloseSend()
			}
		} else if err != nil {
			return err
		}
		message, err := newMessage(method.Input())
		if err != nil {
			return err
		}
		if err := protojson.Unmarshal(raw, message); err != nil {
			return err
		}
		if err := stream.SendMsg(message); err != nil && !errors.Is(err, io.EOF) { // what ended it comes with the answer
			return err
		}
	}
}

func newMessage(descriptor protoreflect.MessageDescriptor) (proto.Message, error) {
	found, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
	if err != nil {
		return nil, err
	}
	return found.New().Interface(), nil
}

// indented returns a message as JSON, spaced alike each time.
func indented(message proto.Message) string {
	data, err := protojson.Marshal(message)
	if err != nil {
		return err.Error()
	}
	var out bytes.Buffer
	_ = json.Indent(&out, data, "", "  ") // it is JSON
	return out.String()
}

// printStatus prints a status as grpcurl does.
func printStatus(s *status.Status) {
	fmt.Fprintf(os.Stderr, "ERROR:\n  Code: %s\n  Message: %s\n", s.Code(), s.Message())
	for i, detail := range s.Proto().GetDetails() {
		if i == 0 {
			fmt.Fprintln(os.Stderr, "  Details:")
		}
		fmt.Fprintf(os.Stderr, "  %d)\t%s\n", i+1, indented(detail))
	}
}
