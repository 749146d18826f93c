"""Names of files that say who handed them in, and those that only look as if they did."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproptable.lms.handed_in import CANVAS, MOODLE, feedback_files, handed_in
from backproptable.lms.packing import packed
from support.lms import Canvas, CanvasUser, MoodleAssignment, MoodleUser, unzipped


@pytest.mark.parametrize(
    ("path", "system", "user", "start"),
    [
        ("Ada L_12_assignsubmission_file/a.md", MOODLE, "12", "Ada L_12_assignsubmission_file/"),
        ("x.zip/Ada L_12_assignsubmission_file_/a/b.md", MOODLE, "12", "Ada L_12_assignsubmission_file_/"),
        ("Ada L_12_assignsubmission_file_a_1_2_b.md", MOODLE, "12", "Ada L_12_assignsubmission_file_"),
        ("Participant_12_assignsubmission_file_/a.md", MOODLE, "12", "Participant_12_assignsubmission_file_/"),
        ("Ada_1_assignsubmission_onlinetext/t.txt", MOODLE, "1", "Ada_1_assignsubmission_onlinetext/"),
        ("in/lovelaceada_12_345_ADA-1.md", CANVAS, "12", "lovelaceada_12_345_ADA-1.md"),
        ("lovelaceada_LATE_12_345_7_8.md", CANVAS, "12", "lovelaceada_LATE_12_345_7_8.md"),
        ("o_neillada_12_345_a b.md", CANVAS, "12", "o_neillada_12_345_a b.md"),
        ("王芳_12_345_a.md", CANVAS, "12", "王芳_12_345_a.md"),
        ("anon_Ab1cd_345_a.md", CANVAS, "", "anon_Ab1cd_345_a.md"),
        ("LATE_anon_Ab1cd_345_a.md", CANVAS, "", "LATE_anon_Ab1cd_345_a.md"),
    ],
)
def test_names_of_course_systems(path: str, system: str, user: str, start: str) -> None:
    found = handed_in(path)
    assert found is not None
    assert (found.system, found.user, found.start) == (system, user, start)


@pytest.mark.parametrize(
    "path",
    [
        *("ADA_BATCH_A_ASSIGNMENT2B.md", "ANNE_BATCH_2024_2_HW.md", "12_345_a.md", "ada_12_a.md", "", "a.md"),
        *("Ada_x_assignsubmission_file/a.md", "Ada_12_assignsubmission_file", "ada_1_b_2_3_c.md", "ada_12_345.md"),
    ],
)
def test_other_names(path: str) -> None:
    assert handed_in(path) is None


def test_a_sheets_own_name_with_numbers_in_it_is_not_canvas() -> None:
    assert handed_in("im_01_2_b.md") is not None
    assert handed_in("in/im_01_2_B.md", {"im_01_2_b"}) is None
    assert handed_in("doe_12_345_im_01_2_b.md", {"im_01_2_b"}) is not None


@given(st.text(st.sampled_from("ab_12/\\. LATEanon\0\n") | st.characters(), max_size=60))
def test_any_path_says_something_or_nothing(path: str) -> None:
    found = handed_in(path)
    assert found is None or (found.start and found.user.isdigit() is (found.user != ""))


def test_feedback_that_has_nowhere_to_go_is_left_out() -> None:
    assert feedback_files([("a.md", "A_FEEDBACK.md", "text")]) == {}


def test_two_texts_of_one_name_stay_two() -> None:
    same = [(f"{name}.zip/doe_1_2_a.md", f"{name}_FEEDBACK.md", name) for name in ("first", "second", "third")]
    assert feedback_files(same) == {
        CANVAS: {"doe_1_2_a.md": b"first", "doe_1_2_a (2).md": b"second", "doe_1_2_a (3).md": b"third"}
    }


def test_who_handed_in_a_zip_gets_feedback_as_the_system_has_it() -> None:
    """Moodle names it by our name; Canvas by the student's, which says that it is a zip."""
    sheets = [
        "in.zip/doe_1_2_work.zip/a.md",
        "in.zip/doe_1_2_work.zip/x/b.md",
        "Jo Doe_7_assignsubmission_file/w.zip/a.md",
    ]
    sheets += ["Jo Doe_8_assignsubmission_file_w.zip/a.md"]
    files = feedback_files((path, f"S{place}_FEEDBACK.md", str(place)) for place, path in enumerate(sheets))
    assert [*files[CANVAS]] == ["doe_1_2_work.zip"]
    assert unzipped(files[CANVAS]["doe_1_2_work.zip"]) == {"S0_FEEDBACK.md": b"0", "S1_FEEDBACK.md": b"1"}
    assert files[MOODLE] == {
        "Jo Doe_7_assignsubmission_file/S2_FEEDBACK.md": b"2",
        "Jo Doe_8_assignsubmission_file_S3_FEEDBACK.md": b"3",
    }


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\"), min_size=1, max_size=20).map(
    lambda name: f"n{name}"
)


@given(people=st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=4), folders=st.booleans(), old=st.booleans())
def test_moodle_takes_feedback_for_whatever_it_has_packed(
    people: list[tuple[str, str]], folders: bool, old: bool
) -> None:
    course = MoodleAssignment([MoodleUser(100 + place, name) for place, (name, _) in enumerate(people)])
    files = course.download(
        [(100 + place, f"{own}.md", b"") for place, (_, own) in enumerate(people)], folders=folders, old=old
    )
    feedback = [(path, f"S{place}_FEEDBACK.md", str(place)) for place, path in enumerate(files)]
    texts = feedback_files(feedback)
    assert set(texts) == {MOODLE}
    course.upload_feedback(packed(texts[MOODLE].items()))
    assert course.ignored == []
    assert course.feedback == {
        100 + place: {f"S{place}_FEEDBACK.md": str(place).encode()} for place in range(len(people))
    }


@given(people=st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=4), late=st.sets(st.integers(0, 3)))
def test_canvas_takes_feedback_for_whatever_it_has_packed(people: list[tuple[str, str]], late: set[int]) -> None:
    """If not all: none goes to somebody else, and none is lost but where a name has numbers between underscores."""
    course = Canvas([CanvasUser(100 + place, name, name) for place, (name, _) in enumerate(people)])
    owns = [f"{own}.md" for _, own in people]
    files = course.download(
        [(100 + place, own, b"") for place, own in enumerate(owns)], late={100 + one for one in late}
    )
    texts = feedback_files((path, f"S{place}", str(place)) for place, path in enumerate(files))
    course.upload(packed(texts.get(CANVAS, {}).items()))
    assert course.ignored == []
    for user, comments in course.comments.items():
        assert comments == [(owns[user - 100], str(user - 100).encode())]
    if all(name.replace("_", "").isalpha() for name, _ in people):
        assert len(course.comments) == len(people)


# --- zips of ours --------------------------------------------------------------------------------


def test_zips_have_the_same_bytes_whenever_they_are_made() -> None:
    files = [("Łukasz/a.md", b"one"), ("b.md", b"two" * 1000)]
    data = packed(files)
    assert data == packed(files)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert [(info.filename, file.read(info)) for info in file.infolist()] == files
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in file.infolist()} == {0o100644}
