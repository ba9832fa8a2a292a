import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.github.seed_59202292.summarizer.v1.*;
import io.grpc.*;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Calls every RPC of a server once with stubs of plain protoc: EveryRpc ADDRESS. */
public class EveryRpc {
    static final String TEXT = "The ferry to Osmark 🚢 sails again after a week of repairs. Its owners replaced both engines. "
        + "The crew trained for a month. Tickets are on sale.";

    /** Returns the fields at fault of a status, or of an item's, which equals it on the wire. */
    static List<String> faults(com.google.rpc.Status status) throws Exception {
        List<Any> details = status.getDetailsList();
        check(details.get(0).unpack(ErrorInfo.class).getDomain().equals("summarizer"), details);
        return details.get(1).unpack(BadRequest.class).getFieldViolationsList().stream()
            .map(BadRequest.FieldViolation::getField).toList();
    }

    static List<String> faults(AnalyzeArticleResult result) throws Exception {
        return faults(com.google.rpc.Status.parseFrom(result.getError().toByteString()));
    }

    static void check(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    public static void main(String[] args) throws Exception {
        ManagedChannel channel = ManagedChannelBuilder.forTarget(args[0]).usePlaintext().build();
        var service = SummarizerServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
        var article = Article.newBuilder().setText(TEXT).setMimeType("text/plain").build();
        var serving = ServingOptions.newBuilder().setOffsetEncoding(OffsetEncoding.OFFSET_ENCODING_UTF16).build();
        var analyze = AnalyzeArticleRequest.newBuilder().setArticle(article).setServingOptions(serving).build();
        var wrong = AnalyzeArticleRequest.newBuilder()
            .setArticle(Article.newBuilder().setText(TEXT).setMimeType("text/pdf"))
            .setSummaryOptions(SummaryOptions.newBuilder().setMaxSentences(11)).build();
        var expected = List.of("article.mime_type", "summary_options.max_sentences");

        Summary summary = service.summarizeArticle(SummarizeArticleRequest.newBuilder()
            .setArticle(article).setServingOptions(serving).build()).getSummary();
        check(summary.getProvenance().getSource() == Provenance.Source.SOURCE_LOCAL, summary);
        for (SummarySentence sentence : summary.getSentencesList()) {
            for (TextSpan span : sentence.getEvidenceList()) {
                check(TEXT.substring(span.getBeginOffset(), span.getEndOffset()).equals(span.getText()), span);
            }
        }
        check(service.classifyArticle(ClassifyArticleRequest.newBuilder().setArticle(article).build()).hasClassification(), article);
        check(service.analyzeArticle(analyze).getSummary().getText().equals(summary.getText()), summary);

        try {
            service.analyzeArticle(wrong);
            throw new AssertionError("a wrong request is answered");
        } catch (StatusRuntimeException e) {
            check(e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT, e);
            check(faults(StatusProto.fromThrowable(e)).equals(expected), e);
        }

        var batch = service.batchAnalyzeArticles(
            BatchAnalyzeArticlesRequest.newBuilder().addRequests(analyze).addRequests(wrong).build());
        check(batch.getResults(0).getResponse().getSummary().getText().equals(summary.getText()), batch);
        check(faults(batch.getResults(1)).equals(expected), batch);

        Map<String, AnalyzeArticleResult> results = new ConcurrentHashMap<>();
        var ended = new CountDownLatch(1);
        var items = SummarizerServiceGrpc.newStub(channel).streamAnalyzeArticles(new StreamObserver<StreamAnalyzeArticlesResponse>() {
            public void onNext(StreamAnalyzeArticlesResponse item) { results.put(item.getCorrelationId(), item.getResult()); }
            public void onError(Throwable cause) { cause.printStackTrace(); ended.countDown(); }
            public void onCompleted() { ended.countDown(); }
        });
        items.onNext(StreamAnalyzeArticlesRequest.newBuilder().setCorrelationId("good").setRequest(analyze).build());
        items.onNext(StreamAnalyzeArticlesRequest.newBuilder().setCorrelationId("wrong").setRequest(wrong).build());
        items.onCompleted();
        check(ended.await(10, TimeUnit.SECONDS) && results.size() == 2, results);
        check(results.get("good").getResponse().getSummary().getText().equals(summary.getText()), results);
        check(faults(results.get("wrong")).equals(expected), results);

        var page = service.listTopics(ListTopicsRequest.newBuilder().setPageSize(2).build());
        var rest = service.listTopics(ListTopicsRequest.newBuilder().setPageToken(page.getNextPageToken()).build());
        check(page.getTopicsCount() == 2 && !page.getTopicsList().contains(rest.getTopics(0)), rest);

        var capabilities = service.getCapabilities(GetCapabilitiesRequest.getDefaultInstance());
        check(capabilities.getLimits().getDefaultDeadline().getSeconds() == 30, capabilities);
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        System.out.println("ok  every RPC from Java " + Runtime.version().feature());
    }
}
