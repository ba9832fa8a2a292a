"""Calls every RPC of a server once with stubs of plain protoc: every_rpc.py ADDRESS."""
import sys

import grpc
from google.rpc import error_details_pb2, status_pb2
from summarizer.v1 import summarizer_pb2 as pb
from summarizer.v1 import summarizer_pb2_grpc as rpc

TEXT = ("The ferry to Osmark 🚢 sails again after a week of repairs. Its owners replaced both engines. "
        "The crew trained for a month. Tickets are on sale.")


def faults(status):
    """Returns the fields at fault of a google.rpc.Status, or of a message that equals it."""
    details = status_pb2.Status.FromString(status.SerializeToString()).details
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert details[0].Unpack(info) and info.domain == "summarizer", details
    assert details[1].Unpack(bad), details
    return [violation.field for violation in bad.field_violations]


with grpc.insecure_channel(sys.argv[1]) as channel:
    service = rpc.SummarizerServiceStub(channel)
    article = pb.Article(text=TEXT, mime_type="text/plain")
    serving = pb.ServingOptions(offset_encoding=pb.OFFSET_ENCODING_UTF32)
    analyze = pb.AnalyzeArticleRequest(article=article, serving_options=serving)
    wrong = pb.AnalyzeArticleRequest(
        article=pb.Article(text=TEXT, mime_type="text/pdf"), summary_options=pb.SummaryOptions(max_sentences=11))
    expected = ["article.mime_type", "summary_options.max_sentences"]

    summary = service.SummarizeArticle(
        pb.SummarizeArticleRequest(article=article, serving_options=serving), timeout=5).summary
    assert summary.provenance.source == pb.Provenance.SOURCE_LOCAL, summary
    for sentence in summary.sentences:
        for span in sentence.evidence:
            assert TEXT[span.begin_offset:span.end_offset] == span.text, span

    classified = service.ClassifyArticle(pb.ClassifyArticleRequest(article=article), timeout=5)
    assert classified.HasField("classification"), classified
    assert service.AnalyzeArticle(analyze, timeout=5).summary.text == summary.text

    try:
        service.AnalyzeArticle(wrong, timeout=5)
        raise AssertionError("a wrong request is answered")
    except grpc.RpcError as error:
        metadata = dict(error.trailing_metadata())
        assert faults(status_pb2.Status.FromString(metadata["grpc-status-details-bin"])) == expected, metadata

    batch = service.BatchAnalyzeArticles(pb.BatchAnalyzeArticlesRequest(requests=[analyze, wrong]), timeout=5)
    assert batch.results[0].response.summary.text == summary.text, batch
    assert faults(batch.results[1].error) == expected, batch

    items = {"good": analyze, "wrong": wrong}
    stream = service.StreamAnalyzeArticles(
        (pb.StreamAnalyzeArticlesRequest(correlation_id=key, request=items[key]) for key in items), timeout=5)
    results = {item.correlation_id: item.result for item in stream}
    assert results["good"].response.summary.text == summary.text, results
    assert faults(results["wrong"].error) == expected, results

    page = service.ListTopics(pb.ListTopicsRequest(page_size=2), timeout=5)
    rest = service.ListTopics(pb.ListTopicsRequest(page_token=page.next_page_token), timeout=5)
    assert len(page.topics) == 2 and rest.topics[0].topic_id not in {t.topic_id for t in page.topics}, rest

    capabilities = service.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=5)
    assert capabilities.limits.default_deadline.ToSeconds() == 30, capabilities
print("ok  every RPC from Python", grpc.__version__)
