"""Reading YAML: places of nodes, every restriction, and no byte sequence that gets through."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.suite.document import MAX_BYTES, Document, read_document
from harness.suite.nodes import MAX_DEPTH, MAX_NODES, MAX_PROBLEMS
from harness.suite.scalars import LongNumberError, resolve


def read(text: str) -> Document:
    return read_document(text.encode(), "matrix.yaml")


def only_message(document: Document) -> str:
    (problem,) = document.problems
    return problem.message


def test_plain_scalars_follow_the_core_schema_of_yaml_1_2() -> None:
    document = read("[no, yes, on, 3:30, 012, 0o12, 0x1f, 1e3, ~, null, true, '3.10', 2026-11-20]")

    assert document.value == [
        "no", "yes", "on", "3:30", 12, 10, 31, 1000.0, None, None, True, "3.10", "2026-11-20",
    ]  # fmt: skip


def test_every_node_has_its_place_and_a_plain_scalar_its_text() -> None:
    document = read("a: 1\ncells:\n  - id: x\n    python: 3.10\n")

    python = document.spots["cells", 0, "python"]
    assert (4, 13, 4) == (python.value.line, python.value.column, python.value.length)
    assert python.key is not None
    assert (4, 5, 6) == (python.key.line, python.key.column, python.key.length)
    assert python.text == "3.10"


def test_a_problem_of_a_node_that_is_not_there_points_at_the_nearest_one() -> None:
    problem = read("a:\n  b: 1\n").problem("missing", ("a", "c", "d"))

    assert (2, 3) == (problem.line, problem.column)


@pytest.mark.parametrize("lead", ["", "\ufeff"])
def test_a_byte_order_mark_moves_no_column(lead: str) -> None:
    document = read(lead + "a: 1")

    assert document.value == {"a": 1}
    assert document.spots["a",].value.column == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_count_the_same_whatever_ends_them(end: str) -> None:
    document = read(f"a: 1{end}b: 2{end}b: 3{end}")

    assert only_message(document) == "the key `b` stands here twice"
    assert document.problems[0].line == 3
    assert document.problems[0].excerpt == "b: 3"


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: &x 1", "anchors are not read here", 1, 4),
        ("a: *x", "aliases are not read here", 1, 4),
        ("a: !!str 1", "tags are not read here", 1, 4),
        ("a: !python/object:os.system x", "tags are not read here", 1, 4),
        ("<<: {a: 1}", "merge keys are not read here", 1, 1),
        ("a: 1\n---\nb: 2", "a second document begins here", 2, 1),
        ("%YAML 1.1\n---\na: 1", "a directive cannot stand here", 2, 1),
        ("? [a]: 1\n: b", "a key must be text, got a mapping", 1, 3),
        ("[a]: 1", "a key must be text, got a list", 1, 1),
        ("true: 1", "a key must be text, got the boolean true", 1, 1),
        (": 1", "a key must be text, got nothing", 1, 1),
        ("a: " + "9" * 5000, "a number of 5000 characters", 1, 4),
        ("a: b\0c", "the character U+0000 cannot stand here", 1, 5),
        ("a: \u202eb", "the character U+202E cannot stand here", 1, 4),
        ('a: "\\0"', "the character U+0000 cannot stand in a text", 1, 4),
        (
            "a:\n\tb: 1",
            "this is not YAML: found character '\\\\t' that cannot start any token",
            2,
            1,
        ),
        ('a: "b', "this is not YAML: found unexpected end of stream", 1, 4),
        ("[" * 3000, f"nested deeper than {MAX_DEPTH}", 1, MAX_DEPTH + 1),
        ("- " * 3000, f"nested deeper than {MAX_DEPTH}", 1, 2 * MAX_DEPTH + 1),
        ("- x\n" * (MAX_NODES + 1), f"there are more than {MAX_NODES} nodes", MAX_NODES, 3),
    ],
)
def test_what_is_not_read_is_said_with_its_place(
    text: str, message: str, line: int, column: int
) -> None:
    problem = read(text).problems[0]

    assert message.replace("\\\\", "\\") == problem.message
    assert (line, column) == (problem.line, problem.column)


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")])
def test_nesting_is_read_up_to_its_limit_and_refused_beyond(opens: str, closes: str) -> None:
    def nested(depth: int) -> Document:
        return read(opens * depth + "x" + closes * depth)

    deep = nested(MAX_DEPTH)
    if opens == "? ":
        assert "a key must be text, got a mapping" == only_message(deep)
        return
    assert () == deep.problems
    value, depth = deep.value, 0
    while value != "x":
        value, depth = (value["a"] if isinstance(value, dict) else value[0]), depth + 1
    assert MAX_DEPTH == depth
    for beyond in (MAX_DEPTH + 1, 200_000):
        assert f"nested deeper than {MAX_DEPTH}" == only_message(nested(beyond))


def test_an_alias_bomb_ends_at_the_limit_of_problems() -> None:
    bomb = "a: &a [x]\n" + "".join(f"k{n}: [{'*a, ' * 50}]\n" for n in range(1000))

    document = read(bomb)

    assert len(document.problems) == MAX_PROBLEMS
    assert not document.whole


def test_several_problems_are_told_at_once_and_reading_goes_on() -> None:
    document = read("a: 1\na: 2\n3: x\nb: *c\nd: {e: 1, e: 2}\nf: last")

    assert [2, 3, 4, 5] == [problem.line for problem in document.problems]
    assert document.value == {"a": 1, "3": "x", "b": None, "d": {"e": 1}, "f": "last"}
    assert document.is_doubtful(("b", "deeper"))
    assert not document.is_doubtful(("a",))


@pytest.mark.parametrize(
    ("data", "message", "line", "column"),
    [
        (b"x" * (MAX_BYTES + 1), "the file is larger than 1 MiB", 1, 1),
        (b"a: b\nc: caf\xe9 au lait\nd: e", "the file is not UTF-8", 2, 7),
        (b"\xef\xbb\xbfa: \xff", "the file is not UTF-8", 1, 4),
        ("a: 1".encode("utf-16"), "the file is not UTF-8", 1, 1),
        (bytes(range(256)), "the file is not UTF-8", 3, 115),
        (b"\x7fELF\x02\x01\x01\x00", "the character U+007F cannot stand here", 1, 1),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_line_and_column(
    data: bytes, message: str, line: int, column: int
) -> None:
    document = read_document(data, "matrix.yaml")

    assert message == only_message(document)
    assert (line, column) == (document.problems[0].line, document.problems[0].column)
    assert not document.whole


def test_an_excerpt_is_bounded_and_shows_nothing_that_moves_the_cursor() -> None:
    document = read("a: '\u200b\tb" + "x" * 10_000 + "'\nb: {c: " + "y" * 10_000 + ", c: 2}")

    near = document.problem("here", ("a",))
    assert len(near.excerpt) == 160
    assert near.excerpt.startswith("a: '\ufffd bxx")
    (far,) = document.problems
    assert (2, 10_010, "") == (far.line, far.column, far.excerpt)


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n"])
def test_an_empty_document_is_nothing(text: str) -> None:
    document = read(text)

    assert document.value is None
    assert () == document.problems


def test_numbers_are_computed_up_to_a_length() -> None:
    assert int("9" * 64) == resolve("9" * 64)
    with pytest.raises(LongNumberError):
        resolve("9" * 65)
    assert resolve("9" * 65 + "x") == "9" * 65 + "x"
    assert resolve("-.inf") == float("-inf")


@given(st.text(alphabet="-+.0123456789eExoXabcdefinfNaFtrue~:_", max_size=30))
def test_a_plain_scalar_is_a_scalar_whatever_it_says(text: str) -> None:
    value = resolve(text)

    assert value is None or isinstance(value, (str, int, float))
    if isinstance(value, str):
        assert text == value


YAML_ISH = st.text(
    alphabet="ab01.,:-?&*!|>%@`'\"{}[]#~<= \n\r\t\\xeu/\ufeff\u2028\x85é", max_size=200
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), YAML_ISH.map(str.encode)))
@example(b"{" * 5000)
@example(b"a: |-9\n b")
@example(b"%TAG ! !\n---\n!a b")
@example(b"'\\\r")
def test_whatever_the_bytes_reading_ends_in_values_or_in_problems_with_a_place(data: bytes) -> None:
    document = read_document(data, "matrix.yaml")

    assert document.whole or document.problems
    for problem in document.problems:
        assert 1 <= problem.line
        assert 1 <= problem.column
        assert all(character == "\n" or character.isprintable() for character in str(problem))
    for where, spot in document.spots.items():
        assert spot == document.spot(where)
