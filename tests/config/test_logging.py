import json
import logging
import sys

from structlog.stdlib import ProcessorFormatter

from marketplace.config.logging import logging_config
from marketplace.kit.tracing import fresh_trace, id_of, within


def _printed(record: logging.LogRecord) -> dict:
    given = logging_config(level="INFO", style="json")["formatters"]["stoa"]
    formatter = ProcessorFormatter(
        processors=given["processors"], foreign_pre_chain=given["foreign_pre_chain"]
    )
    return json.loads(formatter.format(record))


def test_the_log_of_a_fault_names_it_and_holds_no_values_of_variables():
    def fail(password):
        raise ZeroDivisionError("division by zero")

    try:
        fail("correct horse battery staple")
    except ZeroDivisionError:
        fault = sys.exc_info()
    record = logging.LogRecord("stoa", logging.ERROR, "", 1, "broken", None, fault)

    trace = fresh_trace()
    with within(trace):
        printed = _printed(record)

    assert printed["event"] == "broken"
    assert printed["trace_id"] == id_of(trace)
    assert "trace_id" not in _printed(record)
    assert printed["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert "battery staple" not in json.dumps(printed)
