"""What comes in zips: every file in one is read or has a remark, nothing leads out, and no bomb goes off."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproptable.basics.errors import InputError
from backproptable.returned.files import find_files, read_returned
from backproptable.returned.tables import MAX_SIZE
from backproptable.returned.zips import Limits, Member, contents, look_into
from support.returned import ROWS, SHEET
from support.zips import LINK, PIPE, claiming, packed, save_zip, with_flag, without_utf8_flag

MOODLE = "Ada Lovelace_123_assignsubmission_file"


def said(remarks: object) -> str:
    return "\n".join(map(str, remarks)) if isinstance(remarks, list) else str(remarks)


def names(found: list[Path | Member], below: Path) -> list[str]:
    paths = [file.path if isinstance(file, Member) else file for file in found]
    return [path.relative_to(below).as_posix() for path in paths]


def read(found: list[Path | Member]) -> list[bytes | InputError]:
    members = [file for file in found if isinstance(file, Member)]
    assert len(members) == len(found)
    return list(contents(members))


def only(path: Path, limits: Limits | None = None) -> tuple[list[Member], str]:
    """What can be read in a zip, and what is said of the rest."""
    members, remarks, other = look_into(path, lambda name: name.endswith(".md"), lambda _: False, limits)
    return members, "\n".join([*map(str, remarks), *other])


# --- what is found -------------------------------------------------------------------------------


def test_a_zip_is_read_as_the_folder_that_is_in_it(tmp_path: Path) -> None:
    files = {
        f"{MOODLE}/ada.md": SHEET,
        f"{MOODLE}/photo.JPG": b"...",
        f"{MOODLE}/work/answers.CSV": "cell,answer\nL,1\n",
        "hoppergrace_LATE_12_345_GRACE.md": SHEET,
        "__MACOSX/._ada.md": b"\0",
        f"{MOODLE}/.DS_Store": b"\0",
        "Thumbs.db": b"\0",
        "report.json": "{}",
        "ADA_FEEDBACK.md": "of an earlier run",
    }
    path = save_zip(tmp_path / "in.zip", files)
    folder = tmp_path / "unpacked"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    found, remarks = find_files([path])
    of_folder, remarks_of_folder = find_files([folder])
    assert names(found, path) == names(of_folder, folder)
    assert remarks == remarks_of_folder
    assert "1 .jpg was passed over" in said(remarks)
    for member, content in zip(found, read(found), strict=True):
        assert isinstance(member, Member)
        inside, outside = read_returned(member.path, content), read_returned(folder / member.path.relative_to(path))
        assert (inside.answers, inside.code, inside.remarks) == (outside.answers, outside.code, outside.remarks)
        assert inside.readable
        assert inside.path == member.path
    assert set(tmp_path.iterdir()) == {path, folder}


def test_zips_beside_folders_in_folders_and_in_zips(tmp_path: Path) -> None:
    """A late batch beside the first one, a student who handed in a zip, and one inside one more."""
    inner = packed({"sheet.md": SHEET})
    twice = packed({"deeper.zip": inner})
    save_zip(tmp_path / "returned" / "first.zip", {f"{MOODLE}/ada.zip": inner, "b.md": SHEET, "b.zip": twice})
    (tmp_path / "returned" / "a.md").write_text(SHEET)
    late = save_zip(tmp_path / "late.ZIP", {"late.md": SHEET})
    found, remarks = find_files([tmp_path / "returned", late, late, tmp_path / "returned" / "first.zip"])
    assert remarks == []
    assert names(found, tmp_path) == [
        "returned/a.md",
        f"returned/first.zip/{MOODLE}/ada.zip/sheet.md",
        "returned/first.zip/b.md",
        "returned/first.zip/b.zip/deeper.zip/sheet.md",
        "late.ZIP/late.md",
    ]
    assert set(read(found[1:])) == {SHEET.encode()}
    assert read(found[:0:-1]) == read(found[1:])  # in whatever order they are asked for


@pytest.mark.parametrize("pack", [packed, lambda files: without_utf8_flag(packed(files))])
def test_names_in_utf8_whether_the_zip_says_so_or_not(pack: Callable[..., bytes], tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(pack({"garcíajosé_12_345_JOSÉ.md": SHEET, "王芳/Ł.md": SHEET}))
    found, remarks = find_files([tmp_path / "in.zip"])
    assert names(found, tmp_path / "in.zip") == ["garcíajosé_12_345_JOSÉ.md", "王芳/Ł.md"]
    assert remarks == []
    assert read(found) == [SHEET.encode()] * 2


def test_names_in_the_encoding_of_dos(tmp_path: Path) -> None:
    data = packed({"M_LLER.md": SHEET}).replace(b"M_LLER", "MÜLLER".encode("cp437"))
    (tmp_path / "in.zip").write_bytes(data)
    found, _ = find_files([tmp_path / "in.zip"])
    assert names(found, tmp_path / "in.zip") == ["MÜLLER.md"]
    assert read(found) == [SHEET.encode()]


def test_paths_as_windows_writes_them(tmp_path: Path) -> None:
    data = packed({"Ada_1_x_/ada.md": SHEET, "./b.md": SHEET}).replace(b"Ada_1_x_/ada.md", b"Ada_1_x_\\ada.md")
    (tmp_path / "in.zip").write_bytes(data)
    found, remarks = find_files([tmp_path / "in.zip"])
    assert (names(found, tmp_path / "in.zip"), remarks) == (["Ada_1_x_/ada.md", "b.md"], [])
    assert read(found) == [SHEET.encode()] * 2


def test_two_files_of_one_name_are_both_read_and_told_apart(tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(packed({"a.md": "one", "b.md": "two"}).replace(b"b.md", b"a.md"))
    found, remarks = find_files([tmp_path / "in.zip"])
    assert sorted(names(found, tmp_path / "in.zip")) == ["a (2).md", "a.md"]
    assert sorted(read(found)) == [b"one", b"two"]
    assert "is in the zip 2 times" in said(remarks)


def test_a_zip_without_files(tmp_path: Path) -> None:
    found, remarks = find_files([save_zip(tmp_path / "in.zip", {})])
    assert found == []
    assert "has no files in it" in said(remarks)


# --- what leads out or is no file ----------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("../a.md", "x/../../a.md", "..\\..\\a.md", "/etc/a.md", "\\a.md", "\\\\host\\share\\a.md"),
        *("C:\\a.md", "c:a.md", "x/..", "//a.md"),
    ],
)
def test_paths_that_lead_out_are_passed_over_with_a_remark(name: str, tmp_path: Path) -> None:
    shortest = packed({"?" * len(name): SHEET, "b.md": SHEET}).replace(b"?" * len(name), name.encode())
    (tmp_path / "in.zip").write_bytes(shortest)
    members, remarks = only(tmp_path / "in.zip")
    assert [member.path.name for member in members] == ["b.md"]
    assert "has a path that leads out of the zip" in remarks
    assert "has a path that leads out of the zip" in said(find_files([tmp_path / "in.zip"])[1])
    assert list(tmp_path.iterdir()) == [tmp_path / "in.zip"]


@pytest.mark.parametrize(("mode", "what"), [(LINK, "is a link. It was not followed."), (PIPE, "is no file.")])
def test_links_and_pipes_are_not_followed(mode: int, what: str, tmp_path: Path) -> None:
    members, remarks = only(save_zip(tmp_path / "in.zip", {"a.md": "/etc/passwd"}, mode=mode))
    assert members == []
    assert what in remarks


def test_a_thousand_remarks_are_counted(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "in.zip", {f"../{number}.md": SHEET for number in range(1000)})
    remarks = only(path)[1].splitlines()
    assert len(remarks) == 201
    assert "has 800 more such remarks" in remarks[-1]


def test_pictures_are_counted_however_they_are_packed(tmp_path: Path) -> None:
    assert only(save_zip(tmp_path / "in.zip", {"a.jpg": b"."}, method=zipfile.ZIP_LZMA)) == ([], ".jpg")


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    long = "x" * 5000
    members, remarks = only(save_zip(tmp_path / "in.zip", {f"{long}.md": SHEET, "a\n\u202eb.md": SHEET, ".md": SHEET}))
    assert "has a name of 5,003 characters" in remarks
    assert max(map(len, remarks.splitlines())) < 400
    assert sorted(member.path.name for member in members) == [".md", "a\n\u202eb.md"]


# --- what cannot be unpacked ---------------------------------------------------------------------


def test_files_that_are_locked(tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(with_flag(packed({"a.md": SHEET}), 0x1))
    members, remarks = only(tmp_path / "in.zip")
    assert members == []
    assert "is locked with a password" in remarks


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_ways_to_pack(method: int, tmp_path: Path) -> None:
    members, remarks = only(save_zip(tmp_path / "in.zip", {"a.md": SHEET}, method=method))
    assert members == []
    assert "is packed in an unusual way" in remarks


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
def test_one_damaged_file_does_not_stop_the_others(at: float, tmp_path: Path) -> None:
    data = bytearray(packed({"a.md": SHEET, "b.md": SHEET}))
    second = data.find(b"PK\x03\x04", 10)
    data[30 + int(at * (second - 40))] ^= 0xFF
    (tmp_path / "in.zip").write_bytes(data)
    found, _ = find_files([tmp_path / "in.zip"])
    damaged, whole = read(found)
    assert isinstance(damaged, InputError)
    assert "is damaged in the zip" in str(damaged)
    assert whole == SHEET.encode()
    file = read_returned(Path("a.md"), damaged)
    assert not file.readable
    assert "is damaged in the zip" in said([*file.remarks])


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"no zip at all" * 100, packed({"a.md": SHEET})[:-30], packed({"a.md": SHEET})[200:], b"PK\x05\x06"],
)
def test_what_is_no_zip(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(data)
    found, remarks = find_files([tmp_path / "in.zip"])
    assert found == [] or all(isinstance(content, InputError) for content in read(found))
    assert found or "is no zip file, or damaged" in said(remarks)


def test_a_list_of_files_that_was_cut_short(tmp_path: Path) -> None:
    """Python reads as much of it as the end of the zip says."""
    data = bytearray(packed({"a.md": SHEET, "b.md": SHEET}))
    at = data.rfind(b"PK\x05\x06") + 12
    data[at : at + 4] = (int.from_bytes(data[at : at + 4], "little") // 2).to_bytes(4, "little")
    (tmp_path / "in.zip").write_bytes(data)
    assert "says that it holds 2 files, and lists 1. It is damaged" in only(tmp_path / "in.zip")[1]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_damaged_raises_nothing_and_loses_nothing(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Bytes of a zip are changed anywhere: every file in it is read, cannot be read, or has a remark."""
    whole = bytearray(packed({"a.md": SHEET, "b.zip": packed({"c.md": SHEET}), "d.pdf": b"x"}))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=6)):
        whole[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(whole)
    members, remarks, other = look_into(path, lambda name: name.endswith(".md"), lambda _: False)
    assert len(list(contents(members))) == len(members)
    assert members or remarks or other


# --- bombs ---------------------------------------------------------------------------------------

ZEROS = b"\0" * 30_000_000
BOMB = packed({"a.md": ZEROS})


def peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_a_sheet_that_is_a_bomb_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(BOMB)
    members, _ = only(tmp_path / "in.zip")
    assert peak(lambda: list(contents(members))) < 5_000_000
    (content,) = contents(members)
    assert isinstance(content, bytes)
    assert len(content) == MAX_SIZE + 1
    assert "is larger than 1 MB" in said([*read_returned(Path("a.md"), content).remarks])


def test_a_file_that_is_longer_than_it_says(tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(claiming(packed({"a.md": SHEET}), 10))
    (content,) = contents(only(tmp_path / "in.zip")[0])
    assert isinstance(content, InputError)


def test_a_zip_in_a_zip_that_is_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "in.zip", {"x.zip": ZEROS, "b.md": SHEET})
    members, remarks = only(path)
    assert [member.path.name for member in members] == ["b.md"]
    assert "would have 30 MB unpacked" in remarks
    members, remarks = only(save_zip(path, {"x.zip": b"\0" * 200, "b.md": SHEET}), Limits(nested=100))
    assert len(members) == 1
    assert "MB unpacked" in remarks


def test_a_zip_in_a_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(claiming(packed({"x.zip": ZEROS}), 5000))
    assert peak(lambda: only(tmp_path / "in.zip")) < 5_000_000
    members, remarks = only(tmp_path / "in.zip")
    assert members == []
    assert "is damaged in the zip" in remarks


def test_zips_within_zips_end_somewhere(tmp_path: Path) -> None:
    data = packed({"a.md": SHEET})
    for _ in range(3):
        data = packed({"x.zip": data, "b.md": SHEET})
    (tmp_path / "in.zip").write_bytes(data)
    members, remarks = only(tmp_path / "in.zip")
    assert len(members) == 3
    assert "is a zip in a zip in a zip" in remarks
    assert all(content == SHEET.encode() for content in contents(members))


def test_what_is_too_much_is_counted_and_said(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "in.zip", {f"{number:03}.md": SHEET for number in range(50)})
    members, remarks = only(path, Limits(files=20))
    assert len(members) == 20
    assert "holds 30 files more than are read of such a zip (20 files, 4 GB). Verify it in parts." in remarks
    members, remarks = only(path, Limits(size=10 * len(SHEET.encode())))
    assert len(members) == 10
    assert "holds 40 files more" in remarks


def test_one_students_zip_does_not_use_up_the_limits_of_the_class(tmp_path: Path) -> None:
    greedy = packed({f"{number}.md": b"\0" * 900_000 for number in range(100)})
    many = packed({f"{number}.md": "" for number in range(1500)})
    path = save_zip(
        tmp_path / "in.zip", {"a.zip": greedy, "b.zip": many, "c.md": SHEET, "d.zip": packed({"e.md": SHEET})}
    )
    members, remarks = only(path, Limits(files=1_200))
    assert [member.path.name for member in members if member.path.parent.suffix == ".zip"][-2:] == ["c.md", "e.md"]
    assert len(members) == 55 + 1000 + 2
    assert "a.zip: holds 45 files more than are read of such a zip (1,000 files, 0.05 GB). Unpack it" in remarks
    assert "b.zip: holds 500 files more" in remarks


def test_a_list_of_files_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    """Python would make an object for each line of it."""
    path = save_zip(tmp_path / "in.zip", {f"{number}.md": "" for number in range(2000)})
    inner = save_zip(tmp_path / "out.zip", {"in.zip": path.read_bytes()}, method=zipfile.ZIP_STORED)
    assert "has a list of files of" in only(path, Limits(directory=10_000))[1]
    assert "has a list of files of" in only(inner, Limits(nested_directory=10_000))[1]
    assert len(only(inner)[0]) == 1000


def test_files_lying_over_each_other(tmp_path: Path) -> None:
    """Many entries for the same bytes: what they would have together counts."""
    body = packed({"a.md": b"\0" * 900_000})
    start, end = body.index(b"PK\x01\x02"), body.index(b"PK\x05\x06")
    entry, count = body[start:end], 5000
    tail = bytearray(body[end:])
    tail[8:10] = tail[10:12] = count.to_bytes(2, "little")
    tail[12:16] = (len(entry) * count).to_bytes(4, "little")
    (tmp_path / "in.zip").write_bytes(body[:start] + entry * count + bytes(tail))
    members, remarks = only(tmp_path / "in.zip", Limits(size=9_000_000))
    assert len(members) == 10
    assert "holds 4,990 files more" in remarks


def test_a_zip_that_changed_in_between(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "in.zip", {"a.md": SHEET, "b.md": SHEET})
    members, _ = only(path)
    save_zip(path, {"a.md": SHEET})
    first, second = contents(members)
    assert first == SHEET.encode()
    assert "the zip has changed" in str(second)
    path.unlink()
    assert all("the zip has changed" in str(content) for content in contents(members))


def test_zips_larger_than_four_gigabytes_have_another_end(tmp_path: Path) -> None:
    """Such an end is written for many files, too."""
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as file:
        for number in range(66_000):
            file.writestr(zipfile.ZipInfo(f"{number}.png"), b"")
        file.writestr("a.md", SHEET)
    members, remarks = only(path)
    assert [member.path.name for member in members] == ["a.md"]
    assert remarks == ".png"
    assert "has a list of files of" in only(path, Limits(directory=1_000_000))[1]


def test_answers_are_those_of_the_sheet(tmp_path: Path) -> None:
    found, _ = find_files([save_zip(tmp_path / "in.zip", {"a.md": SHEET})])
    (content,) = read(found)
    file = read_returned(Path("in.zip/a.md"), content)
    assert json.dumps({name: written[0].text for name, written in file.answers.items()}) == json.dumps(ROWS)
