"""Every student gets a file name of their own that every file system takes, and keeps it."""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproptable.courses.filenames import DEFAULT_FILE_NAME, LONGEST_STEM, file_stems, rule_problems
from backproptable.rosters.reading import load_roster
from backproptable.rosters.student import Student
from support.hostile import ATTACKS, INVISIBLE, hostile_rows, write_roster
from support.people import PEOPLE

RULES = [
    DEFAULT_FILE_NAME,
    "{last_name}-{first_name}.md",
    "{student_id}.md",
    "{note}.md",
    "Übung {batch} für {name}.md",
]


def student(identity: str, first: str = "", last: str = "", **columns: str) -> Student:
    return Student(identity, {"student_id": identity, "first_name": first, "last_name": last, **columns})


def stem(rule: str, one: Student) -> str:
    stems, warnings = file_stems(rule, [one], {})
    assert warnings == []
    return stems[one.student_id]


# --- what a file name may be, by the rules of the systems themselves ---------------------------

FORBIDDEN = set('<>:"/\\|?*')
DEVICES = re.compile(r"(?i)(CON|PRN|AUX|NUL|(COM|LPT)[0-9¹²³]|CONIN\$|CONOUT\$|CLOCK\$)(\..*)?")


def is_plain(name: str) -> bool:
    """A file name that Windows, macOS and Linux take, and shells and course systems leave alone."""
    return (
        len(name.encode("utf-8")) <= 255
        and len(name.encode("utf-16-le")) // 2 <= 255
        and len(unicodedata.normalize("NFD", name).encode("utf-8")) <= 1020
        and not set(name) & FORBIDDEN
        and all(ord(character) >= 32 and ord(character) != 127 and not character.isspace() for character in name)
        and not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zs") for character in name)
        and not name.endswith((".", " "))
        and not name.startswith((".", "-", "~"))
        and not DEVICES.fullmatch(name)
        and name == unicodedata.normalize("NFC", name)
        and Path(name).name == name
    )


def same_file(name: str) -> set[str]:
    """What case-blind and Unicode-blind file systems may look for instead of the name."""
    return {
        unicodedata.normalize(form, change(unicodedata.normalize(form, name)))
        for form in ("NFC", "NFD", "NFKC")
        for change in (str.upper, str.lower, str.casefold)
    }


def assert_safe(stems: Mapping[str, str], taken: Iterable[str] = ()) -> None:
    found: dict[str, str] = {}
    for name in [*stems.values(), *taken]:
        for form in same_file(name):
            assert found.setdefault(form, name) == name
    assert len(set(stems.values()) | set(taken)) == len(stems) + len(set(taken))
    for name in stems.values():
        assert is_plain(f"{name}.md")
        assert is_plain(f"{name}_FEEDBACK.md")
        assert len(name.encode()) <= LONGEST_STEM + 1  # a device's name has one more
        assert name.strip("_-") == name or DEVICES.fullmatch(unicodedata.normalize("NFKC", name[:-1]))


@pytest.mark.parametrize("name", ["a/b", "con.md", "COM¹.md", "x.", ".x", "a\nb", "a\u202eb", "e\u0301", "ä" * 200])
def test_one_can_tell_a_bad_name(name: str) -> None:
    assert not is_plain(name)


# --- the rule ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "one", "name"),
    [
        (DEFAULT_FILE_NAME, student("1", "Ada", batch="b2"), "ADA_BATCH_B2_ASSIGNMENT2B"),
        (DEFAULT_FILE_NAME, student("1", "Ada"), "ADA_BATCH_X_ASSIGNMENT2B"),
        (DEFAULT_FILE_NAME, student("1", "Ada", batch=" ?! "), "ADA_BATCH_X_ASSIGNMENT2B"),
        (DEFAULT_FILE_NAME, student("1", "", "Plato"), "PLATO_BATCH_X_ASSIGNMENT2B"),
        (DEFAULT_FILE_NAME, student("1", "...", "Plato"), "PLATO_BATCH_X_ASSIGNMENT2B"),
        (DEFAULT_FILE_NAME, student("1", "😀", "😀"), "BATCH_X_ASSIGNMENT2B"),
        (DEFAULT_FILE_NAME, student("1", "Mary-Jane O'Neill, Jr."), "MARY-JANE_O_NEILL_JR_BATCH_X_ASSIGNMENT2B"),
        (DEFAULT_FILE_NAME, student("1", "Weiß"), "WEISS_BATCH_X_ASSIGNMENT2B"),
        (DEFAULT_FILE_NAME, student("1", "श्रीकृष्ण"), "श्रीकृष्ण_BATCH_X_ASSIGNMENT2B"),
        ("{last_name}.md", student("1", "Ada"), "ADA"),
        ("{first_name}_{last_name}.md", student("1", "", "Plato"), "PLATO"),
        ("{first_name}-{group}-b.MD", student("1", "Ada"), "ADA-B"),
        ("{first_name}_{group}_{batch}.md", student("1", "Ada"), "ADA_X"),
        ("{First Name} v1.2 (für {batch}).md", student("1", "Ada"), "ADA_V1_2_FÜR_X"),
        ("{first_name}--{last_name}.md", student("1", "a", "b"), "A--B"),
        ("{student_id}.md", student("-007-"), "007"),
        ("{first_name}.md", student("id 7", "!", "?"), "ID_7"),
        ("{first_name}.md", student("!", "!", "?"), "STUDENT"),
        ("{first_name}.md", student("1", "Con"), "CON_"),
        ("{first_name}.md", student("1", "com¹"), "COM¹_"),
        ("{first_name}.md", student("1", "conin$"), "CONIN"),
        ("{first_name}.md", student("1", "x" * 5000), "X" * 100),
        ("{first_name}.md", student("1", "é" * 5000), "É" * 50),
        ("{first_name}.md", student("1", "王" * 120), "王" * 33),
        ("{first_name}.md", student("1", "x" * 99 + "_y"), "X" * 99),
        ("{first_name}{batch}.md", student("1", "e", batch="\u0301"), "É"),
    ],
)
def test_names_by_the_rule(rule: str, one: Student, name: str) -> None:
    assert list(rule_problems(rule, ["student_id", "first_name", "last_name", "group"])) == []
    assert stem(rule, one) == name


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("{first_name}", "does not end in .md"),
        ("{first_name}.md.tex", "does not end in .md"),
        ("a/{first_name}.md", "slash"),
        ("..\\{first_name}.md", "slash"),
        ("sheet.md", "same name"),
        ("", "same name"),
        ("{}.md", "brace"),
        ("{0}.md", "brace"),
        ("{first_name.__class__}.md", "brace"),
        ("{first_name!r:>99}.md", "brace"),
        ("{first_name:x}.md", "brace"),
        ("{first_name[0]}.md", "brace"),
        ("{{first_name}}.md", "brace"),
        ("{first_name}}.md", "brace"),
        ("{first_name.md", "brace"),
    ],
)
@pytest.mark.parametrize("columns", [None, ["student_id", "first_name"]])
def test_rules_that_are_none(rule: str, problem: str, columns: list[str] | None) -> None:
    problems = list(rule_problems(rule, columns))
    assert any(problem in found.what for found in problems)
    assert all(found.where == "[course] file_name" and found.remedy for found in problems)


def test_columns_that_the_roster_does_not_have() -> None:
    rule = "{frist_name}_{batch}_{last_name}_{lab}.md"
    assert list(rule_problems(rule, None)) == []
    first, lab = rule_problems(rule, ["student_id", "first_name"])
    assert first.what == "{frist_name} is not a column of the roster."
    assert first.remedy == "Did you mean 'first_name'?"
    assert lab.remedy == "Known: student_id, first_name, last_name, batch."


def test_all_problems_at_once() -> None:
    assert len(list(rule_problems("x/{0}{y}", ["student_id"]))) == 4


# --- names that are equal ----------------------------------------------------------------------


def test_students_of_the_same_name_all_get_their_id() -> None:
    students = [student("a1", "José"), student("a2", "JOSE\u0301"), student("a3", "Jose"), student("a 4", "ｊｏｓé")]
    stems, warnings = file_stems("{first_name}.md", students, {})
    assert stems == {"a1": "JOSÉ_A1", "a2": "JOSÉ_A2", "a3": "JOSE", "a 4": "ＪＯＳÉ_A_4"}
    assert warnings == ["The files of 3 students would have the name of another student's: the student_id is appended."]


def test_a_name_that_is_taken_stays() -> None:
    taken = {"a1": "ADA", "gone": "BOB_B2"}
    students = [student("a1", "Ada"), student("a2", "ada"), student("b2", "Bob"), student("c3", "Bob-B2")]
    stems, warnings = file_stems("{first_name}.md", students, taken)
    assert stems == {"a2": "ADA_A2", "b2": "BOB", "c3": "BOB-B2"}
    assert warnings == ["1 student's file would have the name of another student's: the student_id is appended."]


def test_names_that_are_equal_when_they_are_cut_keep_their_ids() -> None:
    students = [student(f"id{n}", "é" * (60 + n)) for n in range(3)]
    stems, _ = file_stems("{first_name}.md", students, {})
    assert stems == {f"id{n}": f"{'É' * 48}_ID{n}" for n in range(3)}


def test_ids_that_look_alike_get_a_digest() -> None:
    students = [student(identity, "Ada") for identity in ("a 1", "a.1", "a-1", "!", "?", "x" * 99, "x" * 98)]
    stems, warnings = file_stems("{first_name}.md", students, {})
    assert stems["a-1"] == "ADA_A-1"
    assert re.fullmatch("ADA_A_1_[0-9A-F]{8}", stems["a 1"])
    assert re.fullmatch("ADA_[0-9A-F]{8}", stems["!"])
    assert len(warnings) == 1
    assert_safe(stems)


def test_a_name_that_looks_like_somebody_elses_id_and_digest() -> None:
    """Whoever knows how names are made can take one away in advance; there is always another."""
    students = [student("1", "Ada"), student("2", "Ada"), student("3", "Ada_1")]
    for _ in range(4):
        stems, _ = file_stems("{first_name}.md", students, {})
        assert_safe(stems)
        students.append(student(f"x{len(students)}", stems["1"]))
    assert len(set(stems.values())) == len(students) - 1


def test_names_do_not_depend_on_the_order() -> None:
    students = [student(str(n), first, last) for n, (first, last) in enumerate(PEOPLE)]
    assert file_stems(DEFAULT_FILE_NAME, students, {}) == file_stems(DEFAULT_FILE_NAME, students[::-1], {})


NAMES = st.one_of(
    st.sampled_from([*ATTACKS, *INVISIBLE]),
    st.text(max_size=6),
    st.text("aAéE\u0301ſsßＡ_-. 1", max_size=4),
    st.text("x王", min_size=30),
)


@settings(deadline=None)
@given(
    st.sampled_from(RULES),
    st.dictionaries(st.text(min_size=1, max_size=4) | NAMES, st.tuples(NAMES, NAMES, NAMES), max_size=12),
    st.integers(0, 12),
)
def test_names_are_safe_and_stay_when_students_join(
    rule: str, entries: dict[str, tuple[str, str, str]], early: int
) -> None:
    students = [
        student(identity, first, last, batch=batch, note=first, name=last)
        for identity, (first, last, batch) in entries.items()
    ]
    first_run, _ = file_stems(rule, students[:early], {})
    assert_safe(first_run)
    second_run, _ = file_stems(rule, students, first_run)
    assert_safe(second_run, first_run.values())
    assert set(second_run) | set(first_run) == set(entries)
    assert not set(second_run) & set(first_run)


# --- whole classes -----------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_a_class_of_hostile_entries(rule: str, tmp_path: Path) -> None:
    students = load_roster(write_roster(tmp_path / "hostile.csv", hostile_rows()))
    stems, warnings = file_stems(rule, students, {})
    assert len(stems) == 500
    assert len(warnings) <= 1
    assert_safe(stems)
    for name in stems.values():
        (tmp_path / f"{name}_FEEDBACK.md").touch()
    assert len(list(tmp_path.glob("*_FEEDBACK.md"))) == 500


def test_a_class_of_people() -> None:
    students = [student(str(n), first, last) for n, (first, last) in enumerate(PEOPLE)]
    stems, _ = file_stems("{first_name}_{last_name}.md", students, {})
    assert_safe(stems)
    with_id = [name for name in stems.values() if name.endswith(tuple("0123456789"))]
    assert len(with_id) == 2 + 2 + 2, "those of the same name, and nobody else"


def test_large_classes_take_no_more_time_per_student() -> None:
    def seconds(count: int) -> float:
        students = [student(f"s{n}", PEOPLE[n % 300][0], batch=str(n % 7)) for n in range(count)]
        start = time.process_time()
        file_stems(DEFAULT_FILE_NAME, students, {})
        return time.process_time() - start

    least = min(seconds(500) for _ in range(5))
    assert seconds(16_000) < 32 * 8 * least, "32 times as many; every one with every other would be 1024 times"


def test_every_character() -> None:
    codes = [*range(0x3400), *range(0x3400, sys.maxunicode + 1, 61)]
    students = [student(f"id{code}", f"a{chr(code)}b") for code in codes]
    stems, _ = file_stems("{first_name}.md", students, {})
    assert len(set(stems.values())) == len(codes)
    assert [name for name in stems.values() if not is_plain(f"{name}.md")] == []


# --- parts that may be left out ----------------------------------------------------------------

STARTER = "{first_name}[?_{last_name}][_BATCH_{batch}]_HW.md"


def test_a_part_is_left_out_where_its_column_is_empty() -> None:
    people = [student("1", "Ada", "Lovelace", batch="A"), student("2", "Bo", "Ng")]
    assert file_stems(STARTER, people, {}) == ({"1": "ADA_BATCH_A_HW", "2": "BO_HW"}, [])


def test_a_part_that_tells_apart_is_there_for_those_who_need_it() -> None:
    people = [
        student("1", "Ada", "Lovelace"),
        student("2", "Ada", "Ek"),
        student("3", "Bo", "Ng"),
        student("4", "Zoe", "Poe"),
        student("5", "Zoe", "Poe"),
        student("6", "Ada", ""),
    ]
    stems, warnings = file_stems(STARTER, people, {})
    assert stems == {
        "1": "ADA_LOVELACE_HW",
        "2": "ADA_EK_HW",
        "3": "BO_HW",
        "4": "ZOE_POE_HW_4",
        "5": "ZOE_POE_HW_5",
        "6": "ADA_HW",
    }
    assert warnings == ["The files of 2 students would have the name of another student's: the student_id is appended."]


def test_a_newcomer_gives_way_to_a_name_that_is_taken() -> None:
    assert file_stems(STARTER, [student("9", "Ada", "Ek")], {"1": "ADA_HW"})[0] == {"9": "ADA_EK_HW"}


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("{first_name}[_{batch}.md", "has a square bracket without its other one."),
        ("{first_name}_{batch}].md", "has a square bracket without its other one."),
        ("{first_name}[[_{batch}]].md", "has a square bracket without its other one."),
        ("{first_name}[_X].md", "has brackets without a column in them."),
        ("[?].md", "has brackets without a column in them."),
    ],
)
def test_brackets_that_do_not_fit(rule: str, what: str) -> None:
    assert what in [problem.what for problem in rule_problems(rule, None)]


def test_an_address_as_id_does_not_disfigure_a_name() -> None:
    people = [student("ada@uni.example", "Ada"), student("bo@uni.example", "Ada")]
    assert set(file_stems("{first_name}.md", people, {})[0].values()) == {"ADA_ADA", "ADA_BO"}
    assert file_stems("{student_id}.md", people, {})[0]["bo@uni.example"] == "BO"
    same = [student("ada@x.example", "Ada"), student("ada@y.example", "Ada")]
    names = set(file_stems("{first_name}.md", same, {})[0].values())
    assert len(names) == 2
    assert all(name.startswith("ADA_ADA") for name in names)
