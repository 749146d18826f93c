"""What teachers have on their disks: every file is read, remarked or ours, and nobody gets another's sheet."""

import os
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproptable.basics.errors import InputError
from backproptable.commands.marking import mark_example
from backproptable.courses.codes import make_code
from backproptable.returned.answers import Answer, read_answer
from backproptable.returned.files import Returned, find_files, match, read_returned
from backproptable.returned.tables import MAX_SIZE
from support.returned import ROWS, SHEET

CODE, OTHER, STRANGE = (make_code([number, *range(8)]) for number in (1, 2, 3))


@pytest.fixture
def put(tmp_path):
    """Writes a file below the folder of returned files."""

    def write(name: str, content: str | bytes = SHEET) -> Path:
        path = tmp_path / "returned" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "returned").mkdir()
    return tmp_path / "returned"


def texts(file: Returned) -> dict[str, list[str]]:
    return {name: [written.text for written in several] for name, several in file.answers.items()}


def said(remarks) -> str:
    return "\n".join(map(str, remarks))


# --- finding -----------------------------------------------------------------------------------


def test_folders_as_moodle_packs_them(put, folder):
    names = [  # in their order
        "Ada Lovelace_123_assignsubmission_file_/ada.md",
        "Borel Émile_7_assignsubmission_file_/work/final/answers.CSV",
        "Grace Hopper_99_assignsubmission_file_/a.json",
        "Grace Hopper_99_assignsubmission_file_/b.TXT",
    ]
    paths = [put(name) for name in reversed(names)]
    put("Grace Hopper_99_assignsubmission_onlinetext_/onlinetext.html")
    found, remarks = find_files([folder])
    assert found == paths[::-1]
    assert "1 .html was passed over" in said(remarks)


def test_files_as_canvas_packs_them(put, folder):
    paths = [put(name) for name in ("hoppergrace_LATE_12_345_ADA.md", "lovelaceada_11_344_ADA-1.markdown")]
    assert find_files([folder]) == (paths, [])


def test_files_of_other_kinds_are_told_in_one_remark(put, folder):
    for number in range(30):
        put(f"IMG_{number}.JPG")
    for name in ("a.rar", "b.pdf", "c.pdf", "README"):
        put(name)
    found, (remark,) = find_files([folder])
    assert found == []
    assert "30 .jpg, 2 .pdf, " in remark.what
    assert "1 .rar" in remark.what
    assert "1 without an ending" in remark.what
    assert "read from .md" in remark.remedy


def test_a_hundred_kinds_are_counted_too(put, folder):
    for number in range(100):
        put(f"x.kind{number}")
    _, (remark,) = find_files([folder])
    assert "90 others were" in remark.what


@pytest.mark.parametrize(
    "name",
    [
        *(".hidden.md", "._ada.md", ".git/ada.md", "__MACOSX/ada.md", "__MACOSX/._ada.md", "Thumbs.db", "desktop.ini"),
        *("feedback/ADA_FEEDBACK.md", "keys/ADA_KEY.md", "ADA_KEY.tex", "report.json", "grades.csv", "class.md"),
        *("class.svg", "changes.txt", "keys/manifest.json", "keys/manifest.jsonl"),
    ],
)
def test_what_systems_and_we_leave_is_passed_over(put, folder, name):
    put(name)
    assert find_files([folder]) == ([], [])


@pytest.mark.parametrize("name", ["my_key.md", "KEY.md", "feedback.md", "thumbs.db.md", "MACOSX.md", "class.md.txt"])
def test_what_only_sounds_so_is_a_student_s(put, folder, name):
    path = put(name)
    assert find_files([folder]) == ([path], [])


def test_named_files_are_taken_whatever_they_are_called(put):
    paths = [put("b.xyz"), put("a.pdf"), put("ADA_KEY.md"), put(".hidden.md")]
    assert find_files(paths) == (paths, [])


def test_a_file_counts_once(put, folder):
    path = put("a.md")
    assert find_files([path, folder, folder / ".." / "returned", path]) == ([path], [])


def test_all_paths_that_are_not_there_are_named(put, folder):
    here = put("a.md")
    with pytest.raises(InputError) as caught:
        find_files([folder / "no.md", here, folder / "nor this", folder / ("x" * 5000), Path("a\0b")])
    assert len(caught.value.problems) == 4
    assert "no.md: is not there" in str(caught.value)
    assert "nor this: is not there" in str(caught.value)
    assert caught.value.exit_code == 2


def test_links_that_lead_out_are_not_followed(folder, tmp_path):
    (tmp_path / "returned twin").mkdir()  # begins with the folder's name, and is another
    for name in ("secret.md", "returned twin/secret.md"):
        (tmp_path / name).write_text(SHEET)
    (folder / "file.md").symlink_to(tmp_path / "secret.md")
    (folder / "twin.md").symlink_to("../returned twin/secret.md")
    (folder / "all").symlink_to(tmp_path, target_is_directory=True)
    (folder / "system").symlink_to("/etc", target_is_directory=True)
    found, remarks = find_files([folder])
    assert found == []
    assert {Path(remark.where).name for remark in remarks} == {"file.md", "twin.md", "all", "system"}
    assert all("leads out" in remark.what for remark in remarks)


def test_links_inside_and_loops_are_harmless(put, folder):
    path = put("x/z.md")
    (folder / "a.md").symlink_to("x/z.md")
    (folder / "x" / "up").symlink_to("..", target_is_directory=True)
    (folder / "self.md").symlink_to("self.md")
    found, remarks = find_files([folder])
    assert found == [path]
    assert [Path(remark.where).name for remark in remarks] == ["self.md"]


def test_a_named_link_is_followed(put, folder, tmp_path):
    put("a.md")
    link = tmp_path / "link"
    link.symlink_to(folder, target_is_directory=True)
    assert find_files([link]) == ([link / "a.md"], [])


def test_broken_links_and_pipes_are_remarked_and_keep_nobody_waiting(folder):
    (folder / "broken.md").symlink_to("nowhere.md")
    os.mkfifo(folder / "pipe.md")
    found, remarks = find_files([folder])
    assert found == []
    assert [Path(remark.where).name for remark in remarks] == ["broken.md", "pipe.md"]


def test_pipes_and_devices_that_are_named_are_refused(put, folder):
    os.mkfifo(folder / "pipe.md")
    (folder / "link.md").symlink_to("pipe.md")
    with pytest.raises(InputError) as caught:
        find_files([put("a.md"), folder / "pipe.md", folder / "link.md", Path("/dev/zero")])
    assert [problem.what for problem in caught.value.problems] == ["is no file, but a pipe, a socket or a device."] * 3
    assert not read_returned(folder / "pipe.md").readable
    os.mkfifo(folder / "pipe.toml")
    with pytest.raises(InputError, match="is no file, but a pipe"):
        mark_example(folder / "pipe.toml")


def test_a_folder_that_may_not_be_entered_is_remarked(put, folder, monkeypatch):
    path = put("a/a.md")
    put("b/b.md")
    really = os.scandir

    def scandir(place):
        if os.fspath(place).endswith("b"):
            raise PermissionError(13, "Permission denied", os.fspath(place))
        return really(place)

    monkeypatch.setattr(os, "scandir", scandir)
    found, remarks = find_files([folder])
    assert found == [path]
    assert "b: cannot be looked into (Permission denied)" in said(remarks)


def test_names_that_are_no_text_can_be_told(folder):
    """Umlauts in an old zip file: the bytes are no UTF-8, and Python writes them as halves of characters."""
    path = Path(os.fsdecode(os.fsencode(folder) + b"/J\xfcrgen.p\xe4f"))
    path.write_text("")
    _, remarks = find_files([folder])
    assert said(remarks).encode()
    with pytest.raises(InputError) as caught:
        find_files([path.with_suffix(".md")])
    assert str(caught.value).encode()


def test_a_class_of_files_is_found_in_order(put, folder):
    paths = [put(f"S_{number:03}_assignsubmission_file_/a.md", "") for number in range(300)]
    assert find_files([folder])[0] == paths


# --- reading: every format ---------------------------------------------------------------------

CSV = f'cell,answer\ncode,{CODE}\nz1[1],0.50\n"W1\'[1,2]",-0.2\nL,\n'
JSON = f'{{"code": "{CODE}", "answers": {{"z1[1]": 0.50, "W1’[1, 2]": "-0.2", "L": null}}}}'
FLAT = f'{{"code": "{CODE}", "z1[1]": 0.50, "W1\\\\[1,2]": "no", "W1\'[1,2]": "-0.2", "L": ""}}'
ANSWERS = {"z1[1]": ["0.50"], "W1'[1,2]": ["-0.2"], "L": [""]}


@pytest.mark.parametrize("name", ["a.md", "a.MARKDOWN", "a.txt", "a", "a.xyz"])
def test_markdown(put, name):
    file = read_returned(put(name, SHEET.replace("01234-56789", CODE.lower())))
    assert file.code == CODE
    assert file.stem == "a"
    assert {cell: several for cell, (several,) in texts(file).items()} == ROWS
    assert file.answers["z1[1]"][0].line == SHEET.split("\n").index("| `z1[1]` | $z_ {1}$ | 0.3775 |") + 1
    assert file.readable
    assert file.remarks == ()


def test_a_row_that_is_not_there_is_told_from_one_that_is_blank(put):
    for name, without in (("a.md", SHEET.replace("| `L` |  |\n", "")), ("a.csv", CSV.replace("L,\n", ""))):
        assert "L" not in read_returned(put(name, without)).answers
    for name, blank in (("a.md", SHEET), ("a.csv", CSV), ("a.json", JSON)):
        assert texts(read_returned(put(name, blank)))["L"] == [""]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv(put, separator, encoding, end):
    text = CSV.replace('"', "").replace(",", separator).replace(f"1{separator}2", "1,2")
    file = read_returned(put("a.csv", text.replace("\n", end).encode(encoding)))
    assert (file.code, texts(file), file.remarks) == (CODE, ANSWERS, ())
    assert [several[0].line for several in file.answers.values()] == [3, 4, 5]


@pytest.mark.parametrize(("name", "text"), [("a.json", JSON), ("flat.JSON", FLAT)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json(put, name, text, encoding):
    file = read_returned(put(name, text.encode(encoding)))
    assert file.code == CODE
    assert {cell: several for cell, several in texts(file).items() if cell != "W1[1,2]"} == ANSWERS
    assert file.remarks == ()


@pytest.mark.parametrize("name", ["a.md", "a.csv", "a.json"])
def test_what_cannot_be_opened(tmp_path, name):
    for path in (tmp_path / name, tmp_path):
        file = read_returned(path)
        assert not file.readable
        assert "cannot be read" in said(file.remarks)


# --- reading: tables of values -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("Cell, Answer", "z1[1], 0.5"),
        ("NAME,value", "z1[1],0.5"),
        ("written,name", "0.5,z1[1]"),
        ("cell,answer,,", "z1[1],0.5,,"),
        ('"sep=;"\ncell;answer', "z1[1];0.5"),
        ("sep=,\ncell,answer", "z1[1],0.5"),
        ("\n\ncell,answer", '"z1[1]","0.5"'),
    ],
)
def test_heads_of_columns(put, head, row):
    file = read_returned(put("a.csv", f"{head}\n{row}\n"))
    assert texts(file) == {"z1[1]": ["0.5"]}
    assert file.answers["z1[1]"][0].line == head.count("\n") + 2
    assert file.remarks == ()


def test_columns_that_are_not_read_are_told(put):
    file = read_returned(put("a.csv", "cell,formula,value,answer\nz1[1],w x,7,0.5\n"))
    assert texts(file) == {"z1[1]": ["0.5"]}
    assert "'formula', 'value' are not read" in said(file.remarks)


def test_two_columns_of_answers_are_refused(put):
    file = read_returned(put("a.csv", "cell,answer,answer\nz1[1],0.5,0.6\n"))
    assert not file.readable
    assert "2 columns are headed 'answer'" in said(file.remarks)


def test_names_with_a_comma_need_no_quotation_marks(put):
    file = read_returned(put("a.csv", "cell,answer\nW1[1,2],0.3\nW1[1\n"))
    assert texts(file) == {"W1[1,2]": ["0.3"]}
    assert "line 3: 'W1[1' is no name" in said(file.remarks)


def test_a_decimal_comma_between_commas_is_not_cut_off(put):
    """0,3775 would be 0, and a zero may even be right."""
    file = read_returned(put("a.csv", "cell,answer\nz1[1],0,3775\nz1[2],0,\n"))
    ((first,), (second,)) = texts(file).values()
    assert not isinstance(read_answer(first), Answer)
    assert "3775" in first
    assert second == "0"
    assert "line 2: z1[1] has 3 cells where there are 2 columns" in said(file.remarks)


def test_a_quotation_mark_that_is_not_closed_swallows_nothing(put):
    file = read_returned(put("a.csv", 'cell,answer\nz1[1],0.5\nz1[2],"0.6\nL,0.7\n'))
    assert texts(file) == {"z1[1]": ["0.5"]}
    assert "line 3: cannot be read as CSV" in said(file.remarks)
    assert "nor can what follows" in said(file.remarks)


def test_lines_are_counted_as_an_editor_does(put):
    file = read_returned(put("a.csv", 'cell,answer\n\n"z1[1]","0.1*5\n= 0.5"\n\nL,1\nnonsense,2\n'))
    assert [several[0].line for several in file.answers.values()] == [3, 6]
    assert [remark.where for remark in file.remarks] == ["line 7"]


@pytest.mark.parametrize("text", ["z1[1],0.5\n", "cell\nz1[1]\n", "a,b\ncell,answer\n", "cell;x\nz1[1];2\n", ",,\n"])
def test_csv_without_a_line_of_headings(put, text):
    file = read_returned(put("a.csv", text))
    assert not file.readable
    assert "Write: cell,answer" in said(file.remarks)


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
@pytest.mark.parametrize(
    ("codes", "code", "words"),
    [
        ([CODE.lower(), CODE.replace("-", " ")], CODE, ""),
        ([CODE, OTHER], None, "codes of different sheets"),
        (["01234-56780"], None, "is no code"),
        ([""], None, ""),
    ],
)
def test_codes(put, name, codes, code, words):
    pairs = [("Code", text) for text in codes]
    if name == "a.csv":
        text = "cell,answer\n" + "".join(f"{name},{code}\n" for name, code in pairs)
    else:
        text = "{" + ", ".join(f'"{name}": "{code}"' for name, code in pairs) + "}"
    file = read_returned(put(name, text))
    assert file.code == code
    assert words in said(file.remarks)
    assert bool(words) == bool(file.remarks)


# --- reading: objects --------------------------------------------------------------------------


def test_numbers_keep_their_digits(put):
    digits = ["0.50", "5e-2", "-0", "1.000000000000000000001", "9" * 10_000, "NaN", "-Infinity", "true"]
    pairs = ", ".join(f'"z1[{number}]": {text}' for number, text in enumerate(digits, 1))
    assert [text for (text,) in texts(read_returned(put("a.json", f"{{{pairs}}}"))).values()] == digits


def test_names_that_stand_twice(put):
    text = '{"z1[1]": 1, "answers": {"z1[1]": 2, "z1 [1]": 2}, "answers": {"z1[1]": 3, "L": 4}, "z1[2]": 5}'
    assert texts(read_returned(put("a.json", text))) == {"z1[1]": ["1", "2", "2", "3"], "L": ["4"], "z1[2]": ["5"]}


def test_what_is_no_text_and_no_number(put):
    file = read_returned(put("a.json", '{"z1[1]": [0.5], "z1[2]": {"a": 1}, "answers": [1], "student": "Ada"}'))
    assert list(file.answers) == ["z1[1]", "z1[2]"]
    assert not any(isinstance(read_answer(text), Answer) for (text,) in texts(file).values())
    assert len(file.remarks) == 4
    assert "'answers' is no name of a cell" in said(file.remarks)
    assert "'student' is no name of a cell" in said(file.remarks)


def test_halves_of_characters_do_not_get_in(put):
    file = read_returned(put("a.json", r'{"z1[1]": "0.5\ud800", "x\udc00": "1", "code": "\ud800"}'))
    assert repr((file.answers, file.remarks)).encode()
    assert str(texts(file)).encode()


@pytest.mark.parametrize("text", ["[1]", "1", '"a"', "null", "{", "{}}", "{'a': 1}", '{"L": 1,}', '{"L": 0.5 # x\n}'])
def test_what_is_no_object(put, text):
    file = read_returned(put("a.json", text))
    assert not file.readable
    assert "is no JSON" in said(file.remarks)


# --- reading: nothing lost ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "cell,answer\nq1[1],123\n,456\n"), ("a.json", '{"answers": {"q1[1]": "123", "": "456"}}')],
)
def test_unknown_names_are_remarked(put, name, text):
    file = read_returned(put(name, text))
    assert "'q1[1]' is no name of a cell" in said(file.remarks)
    assert "'' is no name of a cell" in said(file.remarks)
    assert len(file.remarks) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "| cell | answer |\n|---|---|\n" + "| z1[1] | 0.5 |\n" * 1000),
        ("a.csv", "cell,answer\n" + "z1[1],0.5\n" * 1000),
        ("a.json", '{"L": 1' + ', "z1[1]": "0.5"' * 1000 + "}"),
    ],
)
def test_a_thousand_equal_rows(put, name, text):
    assert texts(read_returned(put(name, text)))["z1[1]"] == ["0.5"] * 1000


def test_more_remarks_than_anybody_reads_are_counted(put):
    file = read_returned(put("a.csv", "cell,answer\n" + "x,1\n" * 5000))
    assert len(file.remarks) < 1000
    assert "4,800 more such remarks" in said(file.remarks)


ATTACKS = ["__import__('os').system('x')", "9**9**9**9", "=1+2", "{{7*7}}", "../../etc/passwd", "<script>", "\x1b[2J"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_executed(put, attack):
    for name, text in (
        ("a.csv", f'cell,answer\nz1[1],"{attack}"\n'),
        ("a.json", f'{{"z1[1]": "{attack}"}}'.replace("\x1b", "\\u001b")),
        ("a.md", f"| cell | answer |\n|---|---|\n| z1[1] | {attack} |\n"),
    ):
        assert texts(read_returned(put(name, text))) == {"z1[1]": [attack]}


# --- reading: damage ---------------------------------------------------------------------------

DAMAGED = {
    "empty": b"",
    "blanks": b" \r\n\t\n",
    "binary": bytes(range(256)) * 20,
    "NULs": b"z1[1]\0 0.5",
    "latin-1": "| z1[1] | é |".encode("latin-1"),
    "UTF-16 without its mark": SHEET.encode("utf-16-le"),
    "half of UTF-16": SHEET.encode("utf-16")[:-1],
    "zip": b"PK\x03\x04 and more",
    "PDF": b"%PDF-1.7",
    "too many lines": b"\n" * 30_000 + b"x",
    "too many old lines": b"\r" * 30_000 + b"x",
}


@pytest.mark.parametrize("ending", [".md", ".txt", ".csv", ".json"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_no_text_goes_to_a_person(put, ending, damage):
    file = read_returned(put(f"a{ending}", DAMAGED[damage]))
    assert not file.readable
    assert not file.answers
    assert len(file.remarks) == 1
    assert said(file.remarks).encode()


@pytest.mark.parametrize("ending", [".md", ".csv", ".json"])
def test_a_large_file_is_not_read_whole(put, ending):
    path = put(f"a{ending}", b"")
    with path.open("r+b") as file:
        file.truncate(50_000_000)
    tracemalloc.start()
    found = read_returned(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not found.readable
    assert "larger than 1 MB" in said(found.remarks)
    assert peak < 5 * MAX_SIZE


@pytest.mark.parametrize("text", ["[" * 900_000, '{"a":' * 150_000, '{"z1[1]": ' + "[" * 90_000 + "]" * 90_000 + "}"])
def test_deep_nesting_is_refused(put, text):
    file = read_returned(put("a.json", text))
    assert not file.readable
    assert "nested too deeply" in said(file.remarks)


@pytest.mark.parametrize("text", [">" * 900_000, "- " * 400_000, "(" * 900_000, "` " * 400_000, "<t" * 400_000])
def test_deep_markdown_is_survived(put, text):
    file = read_returned(put("a.md", f"{text}\n\n{SHEET}"))
    assert {cell: several for cell, (several,) in texts(file).items()} == ROWS


def test_three_thousand_columns(put):
    row = "z1[1]|" * 3000
    markdown = read_returned(put("a.md", f"|{'a|' * 3000}\n|{'-|' * 3000}\n|{row}\n\n{SHEET}"))
    assert {cell: several for cell, (several,) in texts(markdown).items()} == ROWS
    assert "z1[1] stands in a table with another heading" in said(markdown.remarks)
    table = read_returned(put("a.csv", f"cell,answer{',x' * 3000}\nz1[1],0.5{',1' * 3000}\nz1[2],0.6{',1' * 4000}\n"))
    assert texts(table)["z1[1]"] == ["0.5"]
    assert not isinstance(read_answer(texts(table)["z1[2]"][0]), Answer)
    assert max(map(len, map(str, table.remarks))) < 300


PIECES = st.sampled_from(
    (
        *("cell", "answer", "code", CODE, "z1[1]", "W1[1,2]", "0.5", "1e5", "é", "sep=;", "answers", "null", "\\ud800"),
        *(",", ";", "\t", "|", '"', "'", "\n", "\r", ":", "{", "}", "[", "]", "\0", "\\", "-", "---", " ", "\ufeff"),
    )
)


@given(st.lists(PIECES, max_size=60).map("".join), st.sampled_from([".md", ".csv", ".json"]))
def test_nothing_in_a_file_is_a_crash(tmp_path_factory, text, ending):
    path = tmp_path_factory.getbasetemp() / f"fuzz{ending}"
    head = {".csv": "cell,answer\n", ".json": '{"answers": {', ".md": ""}[ending]
    for content in (text, head + text):
        path.write_bytes(content.encode("utf-8", "replace"))
        file = read_returned(path)
        said(file.remarks).encode()
        assert file.readable or (file.remarks and not file.answers)


@given(st.lists(st.tuples(st.sampled_from(["z1[1]", "W1[1,2]", "L", "nonsense"]), st.integers(100, 999)), max_size=9))
def test_every_answer_is_there_or_remarked(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    path.write_text("cell,answer\n" + "".join(f"{name},{number}\n" for name, number in rows))
    file = read_returned(path)
    known = [(name, str(number)) for name, number in rows if name != "nonsense"]
    assert sorted((name, text) for name, several in texts(file).items() for text in several) == sorted(known)
    assert len(file.remarks) == len(rows) - len(known)


# --- matching ----------------------------------------------------------------------------------

CODES = {CODE: "s1", OTHER: "s2"}
STEMS = {"s1": "ADA_BATCH_B1", "s2": "GRACE_BATCH_B1"}


def owner(name: str, code: str | None = None, stems=STEMS) -> tuple[str | None, str]:
    path = Path(name)
    ((_, student, remarks),) = match([Returned(path, code, path.stem, {}, ())], CODES, stems)
    return student, said(remarks)


def test_a_code_counts_whatever_the_file_is_called():
    assert owner("GRACE_BATCH_B1.md", CODE) == ("s1", "")


def test_a_code_of_nobody_is_not_made_good_by_a_name():
    student, remark = owner("ADA_BATCH_B1.md", STRANGE)
    assert student is None
    assert "of another assignment or class" in remark


@pytest.mark.parametrize(
    "name",
    [
        *("ADA_BATCH_B1.md", "ada_batch_b1.MD", "ADA_BATCH_B1.md.txt", "ADA_BATCH_B1 (1).md", "ADA_BATCH_B1(12).md"),
        *("ADA_BATCH_B1-1.md", "ADA_BATCH_B1-2 (1).md", "lovelaceada_LATE_123_456_ADA_BATCH_B1.md"),
        *("lovelaceada_123_456_ADA_BATCH_B1-1.md", "Ada Lovelace_123_assignsubmission_file_ADA_BATCH_B1.md"),
        *("Ada Lovelace_123_assignsubmission_file_/ADA_BATCH_B1.md", "my_ADA_BATCH_B1.md"),
    ],
)
def test_without_a_code_the_name_counts_and_that_is_said(name):
    student, remark = owner(name)
    assert student == "s1"
    assert "by the file's name the sheet is that of s1" in remark


@pytest.mark.parametrize(
    "name", ["answers.md", "ADA_BATCH_B1_new.md", "XADA_BATCH_B1.md", "ADA_BATCH_B12.md", "ADA_BATCH.md", "_.md", "(1)"]
)
def test_a_name_that_fits_nobody(name):
    student, remark = owner(name)
    assert student is None
    assert "fits nobody" in remark


def test_a_name_at_the_end_of_another_s():
    stems = {"s1": "ANNE_MARIE", "s2": "MARIE"}
    assert owner("ANNE_MARIE.md", stems=stems)[0] == "s1"
    assert owner("curiemarie_1_2_ANNE_MARIE.md", stems=stems)[0] == "s1"
    assert owner("curiemarie_1_2_MARIE.md", stems=stems)[0] == "s2"
    student, remark = owner("new_ANNE_MARIE.md", stems=stems)
    assert student is None
    assert "fits several" in remark


def test_numbers_at_the_end_of_a_name_are_taken_off_only_where_nothing_else_fits():
    stems = {"s1": "ADA_1", "s2": "ADA", "s3": "BOB-1", "s4": "BOB", "s5": "EVE-2"}
    assert owner("ADA_1.md", stems=stems)[0] == "s1"
    assert owner("x_1_2_ADA_1.md", stems=stems)[0] == "s1"
    assert owner("ADA_2.md", stems=stems)[0] is None
    assert owner("EVE-2.md", stems=stems)[0] == owner("EVE-2-1.md", stems=stems)[0] == "s5"
    assert owner("BOB-1.md", stems=stems)[0] is None, "Bob's second try, or the first of the other Bob"
    assert owner("BOB.md", stems=stems)[0] == "s4"


def test_a_name_that_two_students_have():
    assert "fits several" in owner("a.md", stems={"s1": "A", "s2": "a"})[1]


def test_names_are_compared_as_people_do():
    """A Mac takes letters apart."""
    stems = {"s1": "ÉMILE_STRASSE"}
    assert owner(unicodedata.normalize("NFD", "émile_straße.md"), stems=stems)[0] == "s1"


def test_every_file_comes_back_once_and_in_order():
    files = [Returned(Path(f"{number}.md"), CODE if number % 2 else None, "x", {}, ()) for number in range(50)]
    assert [file for file, _, _ in match(files, CODES, STEMS)] == files


def test_a_hundred_thousand_underscores():
    assert owner("_" * 100_000)[0] is None


# --- all of it ---------------------------------------------------------------------------------


def test_a_hostile_folder(put, folder):
    good = put("Ada_1_assignsubmission_file_/a.md", SHEET.replace("01234-56789", CODE))
    for damage, content in DAMAGED.items():
        put(f"{damage}.md", content)
    put("deep.json", "[" * 100_000)
    put("large.csv", b"x" * 50_000_000)
    put("class.zip", b"PK\x03\x04")
    (folder / "out.md").symlink_to("/etc/hostname")
    found, remarks = find_files([folder])
    assert len(remarks) == 2
    matched = match([read_returned(path) for path in found], CODES, STEMS)
    assert len(matched) == len(DAMAGED) + 3
    assert [(file.path, student) for file, student, _ in matched if student] == [(good, "s1")]
    assert all(file.remarks and more for file, student, more in matched if not student)
