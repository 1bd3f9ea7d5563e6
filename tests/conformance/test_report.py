"""The HTML report, and the counts under the table."""

from __future__ import annotations

import re

import pytest

from keraslite.conformance.__main__ import summary
from keraslite.conformance.report import page
from keraslite.conformance.runner import About, Results
from keraslite.conformance.suite import Outcome

ABOUT = About("numpy", "numpy 2.0", "cpu:0", ("float64",))
PASSED = Outcome("elementwise", "sin", "value/sin", "value", "passed", 3)
FAILED = Outcome(
    "elementwise", "cos", "value/cos", "value", "failed", 1, "1 < 2 elements", "float64 [1.0]", "<e>", "<r>"
)
EXPECTED = Outcome("reduction", "max", "jit/max", "jit", "xfailed", 0, "no jit of empty arrays")
SURPRISE = Outcome("reduction", "min", "jit/min", "jit", "xpassed", 2, "passes, and is expected to fail: no jit")
NOT_OWED = Outcome("reduction", "min", "gradient/min", "gradient", "not owed")


def results(*outcomes):
    return Results("numpy", ABOUT, list(outcomes), 1.5)


def test_it_needs_nothing_else():
    text = page([results(PASSED, FAILED)])
    assert not re.search(r'(src|href)="(?!#)', text)
    assert "<!--" not in text
    assert "@import" not in text


def test_failures_have_input_expected_and_received():
    text = page([results(PASSED, FAILED, EXPECTED)])
    assert "1 failed" in text
    assert "<dt>input</dt><dd><pre>cos(float64 [1.0])</pre></dd>" in text
    assert "<dt>expected</dt><dd><pre>&lt;e&gt;</pre></dd>" in text
    assert "<dt>received</dt><dd><pre>&lt;r&gt;</pre></dd>" in text
    assert "1 &lt; 2 elements" in text
    assert "no jit of empty arrays" in text


def test_cells_lead_to_their_failures():
    text = page([results(PASSED, FAILED, EXPECTED, SURPRISE)])
    links, anchors = re.findall(r'href="#(f\d+)"', text), re.findall(r'<details id="(f\d+)"', text)
    assert sorted(links) == sorted(anchors)
    assert len(set(anchors)) == 3


def test_every_op_has_a_cell_for_each_engine_and_check():
    text = page([results(PASSED, FAILED), Results("torch", None, [PASSED], 2.0)])
    rows = re.findall(r'<tr data-words="\w+".*?</tr>', text)
    assert len(rows) == 2
    assert {row.count("<td") for row in rows} == {16}
    assert 'title="numpy value: passed, 3 calls"' in text


def test_versions_and_counts():
    text = page([results(PASSED, PASSED, FAILED, NOT_OWED)], sample=True)
    assert "numpy 2.0, cpu:0" in text
    assert "<dt>passed</dt><dd>2</dd>" in text
    assert "<dt>calls</dt><dd>7</dd>" in text
    assert "a sample" in text


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [([PASSED], "everything passed"), ([PASSED, EXPECTED], "everything passed"), ([], "nothing was run"),
     ([PASSED, SURPRISE], "1 failed")],
)  # fmt: skip
def test_verdict(outcomes, verdict):
    assert f">{verdict}</p>" in page([results(*outcomes)])


def test_summary():
    assert summary(results(PASSED)) == "1 passed, 0 failed"
    every = results(PASSED, FAILED, EXPECTED, SURPRISE, NOT_OWED)
    assert summary(every) == "1 passed, 1 failed, 1 unexpectedly passed, 1 failed as expected, 1 not owed"
