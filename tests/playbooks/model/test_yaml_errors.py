"""A file that is no YAML is answered by line, with what was expected there."""

from pathlib import Path

import pytest

from playbooks.model.yaml_text import parse

CASES = (
    ("needs: [api, web\nlogs: x: y\n", 1, "the '[' is not closed; write ']' at its end"),
    ("api: {ports: [1]\nweb: 1\n", 1, "the '{' is not closed; write '}' at its end"),
    ("name: 'harbor\n", 1, "a quote opens here and is not closed"),
    ("name: harbor: prod\n", 1, "a second ': ' in one value; put quotes around the value"),
    ("name: harbor\n  api: 1\n", 2, "give it the indentation of the keys beside it"),
    ("name: harbor\nservices\n  api: 1\n", 2, "expected ': ' after 'services'"),
    ("name: harbor\n\tfoo: 1\n", 2, "a tab in the indentation; indent with spaces"),
    ("name: @harbor\n", 1, "a value may not begin with '@'; put quotes around the value"),
    ("name: %x\n", 1, "a value may not begin with '%'"),
    ("a:\n  - 1\n b: 2\n", 3, "'b: 2' stands where a key of the block above"),
    ("- a\nb: 1\n", 2, "'b: 1' stands where"),
    ("path: *.txt\n", 1, "put quotes around the value"),
    ("--- a\n--- b\n", 2, "a second document begins here"),
    ('path: "\\q"\n', 1, "an unknown escape after"),
)


@pytest.mark.parametrize(("text", "line", "said"), CASES)
def test_the_line_and_what_is_expected(tmp_path: Path, text: str, line: int, said: str) -> None:
    """Each mistake that people make names its own line and what to write there."""
    path = tmp_path / "harbor.yaml"
    path.write_text(text)
    [problem] = parse(path).problems
    assert problem.line == line
    assert said in problem.text


def test_any_other_mistake_keeps_the_parsers_words(tmp_path: Path) -> None:
    """What has no sentence of its own is said as the parser says it, with the line."""
    path = tmp_path / "harbor.yaml"
    path.write_text("name: |x\n foo\n")
    [problem] = parse(path).problems
    assert problem.text.startswith("this is not YAML (expected chomping")
