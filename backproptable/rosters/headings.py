"""Which column is which: the headings of course systems and languages, in one table.

Headings are compared by their letters and digits alone. Where several columns could be the same
field, the one that stands first in the table is taken, and the program says which it took.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from backproptable.basics.errors import Problem
from backproptable.basics.plaintext import one_line, shortened
from backproptable.rosters.student import column_name

__all__ = ["FIELDS", "Columns", "find_columns", "heading_key", "known_fields", "quoted_heading", "split_name"]

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "student_id": (
        "student_id",
        # what a student is called in the records of the school: the same in every course system
        *("SIS User ID", "SIS ID", "SIS Student ID", "Student Number", "Student No", "Student Nr", "Student #"),
        *(
            "Student_Number",
            "StudentID",
            "SID",
            "Matriculation Number",
            "Registration Number",
            "Roll Number",
            "Roll No",
        ),
        *("Matrikelnummer", "Matrikel-Nr.", "Matr.-Nr.", "Schülernummer", "Studierendennummer"),
        *("Numéro d'étudiant", "Numéro étudiant", "N° étudiant", "No étudiant", "Identifiant étudiant", "Matricule"),
        *(
            "Número de estudiante",
            "Número de alumno",
            "N.º de alumno",
            "Número de matrícula",
            "Matrícula",
            "Expediente",
        ),
        *("Código de estudiante", "Código de alumno", "Número de aluno", "N.º de aluno", "Nº de aluno"),
        *("Número do estudante", "Número de estudante", "Registro acadêmico"),
        # Moodle's field for that number, in its languages
        *("ID number", "ID-Nummer", "Numéro d'identification", "Número de ID", "Número de identificación"),
        *("Número de identificação", "Matrikelnummer/ID", "OrgDefinedId"),
        # what a course system has made up
        *("ID", "User ID", "Canvas ID", "Integration ID"),
        # what a student logs in with
        *("SIS Login ID", "Login ID", "Username", "User name", "Login", "Benutzername", "Anmeldename"),
        *("Nom d'utilisateur", "Nombre de usuario", "Usuario", "Nome de utilizador", "Nome de usuário", "Usuário"),
    ),
    "first_name": (
        *("first_name", "First Name(s)", "Given Name", "Given Names", "Forename", "Preferred Name"),
        *("Vorname", "Vornamen", "Rufname"),
        *("Prénom", "Prénoms", "Prénom(s)"),
        *("Nombre(s)", "Nombres", "Primer nombre", "Nombre de pila"),
        *("Primeiro nome", "Nome próprio", "Nomes próprios", "Prenome"),
    ),
    "last_name": (
        *("last_name", "Surname", "Surnames", "Family Name", "Last Name (Surname)"),
        *("Nachname", "Familienname", "Zuname"),
        *("Nom de famille", "Nom patronymique"),
        *("Apellido(s)", "Apellidos", "Apellido", "Primer apellido"),
        *("Sobrenome", "Apelido", "Apelidos", "Último nome", "Nome de família", "Apelido(s)"),
    ),
    "name": (
        *("Full name", "Name", "Student Name", "Student", "LastFirst", "Last, First", "Last Name, First Name"),
        *("Learner", "Learner Name", "Participant", "Display Name", "Sortable Name"),
        *("Vollständiger Name", "Vor- und Nachname", "Nachname, Vorname", "Name, Vorname", "Schüler", "Studierende"),
        *("Teilnehmer", "Nom complet", "Nom et prénom", "Nom, Prénom", "Prénom et nom", "Nom", "Étudiant", "Élève"),
        *("Nombre completo", "Nombre y apellidos", "Apellidos y nombre", "Apellidos, Nombre", "Nombre"),
        *("Alumno", "Estudiante", "Nome completo", "Nome", "Aluno", "Estudante"),
    ),
    "email": (
        *("email", "Email address", "E-mail address", "Mail", "Student Email", "School Email"),
        *("E-Mail-Adresse", "Mailadresse", "Adresse de courriel", "Courriel", "Adresse e-mail", "Adresse électronique"),
        *("Adresse mail", "Dirección de correo", "Dirección Email", "Correo electrónico", "Correo"),
        *(
            "Dirección de correo electrónico",
            "Endereço de e-mail",
            "Endereço de email",
            "Endereço de correio eletrónico",
        ),
        *("Endereço de correio eletrónico", "Correio eletrónico", "Correio electrónico", "Correio eletrônico"),
    ),
    "batch": (
        *("batch", "Section", "Sections", "Section Name", "Class", "Class Section", "Period", "Homeroom"),
        *("Group", "Groups", "Tutorial", "Lab section", "Cohort"),
        *("Klasse", "Gruppe", "Gruppen", "Übungsgruppe", "Classe", "Groupe", "Groupes", "Groupe de TD"),
        *("Sección", "Clase", "Grupo", "Grupos", "Paralelo", "Turma", "Turmas", "Secção", "Seção"),
    ),
}
"""The headings of each field, the surest first: of the ids the school's own, then a course system's, then logins."""

_PARTICIPANT: Final = ("Identifier",)
"""Moodle's number of a participant, another one in each assignment: an id only where there is nothing else."""

_ROLES: Final = ("Role", "Roles", "Rolle", "Rollen", "Rôle", "Rôles", "Rol", "Papel", "Papéis", "Função")

_HALF_NAMES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "name": ("last_name", ("vorname", "vornamen", "rufname")),
    "nom": ("last_name", ("prenom", "prenoms")),
    "nombre": ("first_name", ("apellidos", "apellido", "primerapellido")),
    "nome": ("first_name", ("sobrenome", "apelido", "apelidos", "ultimonome")),
}
"""Headings of a whole name that mean half of one beside the heading of the other half."""

_SUFFIXES: Final = frozenset(["jr", "sr", "ii", "iii", "iv", "v", "phd", "md", "esq"])
"""What stands behind a comma and is no first name."""

_CLOSE: Final = 0.8


def heading_key(heading: str) -> str:
    """What headings are compared by: ``E-Mail`` and ``email`` have the same."""
    plain = unicodedata.normalize("NFKD", heading.casefold())
    return "".join(character for character in plain if character.isalnum() or character == "#")


_RANKS: Final = {
    name: {heading_key(heading): rank for rank, heading in reversed(list(enumerate(headings)))}
    for name, headings in FIELDS.items()
}
_OTHER_FIELDS: Final = frozenset(map(heading_key, (*_PARTICIPANT, *_ROLES)))
_ALL: Final = frozenset().union(*_RANKS.values()) | _OTHER_FIELDS


def quoted_heading(heading: str) -> str:
    """A heading as messages show it."""
    return f'"{shortened(one_line(heading), 60)}"'


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the fields stand in a line of headings."""

    headings: tuple[str, ...]
    """As they are written."""
    ids: tuple[int, ...] = ()
    """Columns that could be the student_id, the surest first: one without any entries is passed over."""
    places: Mapping[str, int] = field(default_factory=dict)
    """The columns of the other fields."""
    roles: int | None = None
    """The column that says who is a student."""
    problems: tuple[Problem, ...] = ()

    @property
    def missing(self) -> tuple[tuple[str, ...], ...]:
        """What is needed and not there: of each of these, one is needed."""
        has_name = any(name in self.places for name in ("first_name", "last_name", "name"))
        return (*([] if self.ids else [("student_id",)]), *([] if has_name else [("first_name", "last_name")]))

    def hint(self, needed: Sequence[str]) -> str:
        """A heading that may be meant, among those that can be nothing else; else how to name one."""
        known = {heading_key(heading): heading for heading in self.headings if heading_key(heading) not in _ALL}
        wanted = ("first_name", "last_name", "name") if "first_name" in needed else needed
        for name in wanted:
            for word in (name.replace("_", ""), *_RANKS[name]):
                if len(word) > 3 and (close := difflib.get_close_matches(word, known, 1, _CLOSE)):
                    return f"Did you mean {quoted_heading(known[close[0]])}? Call it {name}."
        there = ", ".join(quoted_heading(heading) for heading in self.headings[:20] if heading)
        name = " or ".join(needed)
        return f"Call a column {name}, or name it in the course file: [roster] {needed[0]} = ... Columns: {there}."


def find_columns(headings: Sequence[str], settings: Mapping[str, str]) -> Columns:
    """The fields in a line of headings; `settings` (of a course file) say more than the table does."""
    keys = [heading_key(heading) for heading in headings]
    problems: list[Problem] = []
    set_places: dict[str, int] = {}
    for name, heading in settings.items():
        there = [place for place, written in enumerate(headings) if written.strip() == heading.strip()]
        there = there or [place for place, key in enumerate(keys) if key and key == heading_key(heading)]
        if len(there) == 1:
            set_places[name] = there[0]
            continue
        known = ", ".join(quoted_heading(written) for written in headings[:30] if written)
        what = "is in the roster more than once" if there else "is not a column of the roster"
        problems.append(Problem(f"[roster] {name}", f"{quoted_heading(heading)} {what}.", f"Its columns: {known}."))
    ranked = {name: _ranked(name, headings, keys, frozenset(set_places.values())) for name in _RANKS}
    places = {name: found[0] for name, found in ranked.items() if found and name != "student_id"} | set_places
    if "name" not in set_places:
        _resolve_names(keys, places, settings)
    for name, found in ranked.items():
        if name in settings or len(found) < 2 or (name == "name" and "name" not in places):
            continue
        one, other = found[:2]
        if keys[one] == keys[other] and column_name(headings[one]) != name:
            what = f"columns {one + 1} and {other + 1} could both be {name}: {quoted_heading(headings[one])}."
            remedy = f"Rename one of them, or name it in the course file: [roster] {name} = ..."
            problems.append(Problem("headings", what, remedy))
    if "student_id" in settings:
        ids = [set_places["student_id"]] if "student_id" in set_places else ranked["student_id"]
    else:
        participants = [place for place, key in enumerate(keys) if key in set(map(heading_key, _PARTICIPANT))]
        ids = [*ranked["student_id"], *([places["email"]] if "email" in places else []), *participants]
    places.pop("student_id", None)
    role_keys = set(map(heading_key, _ROLES))
    roles = next((place for place, key in enumerate(keys) if key in role_keys), None)
    return Columns(tuple(headings), tuple(dict.fromkeys(ids)), places, roles, tuple(problems))


def _ranked(name: str, headings: Sequence[str], keys: Sequence[str], taken: frozenset[int]) -> list[int]:
    ranks = _RANKS[name]
    own = {place for place, heading in enumerate(headings) if column_name(heading) == name}
    found = [place for place, key in enumerate(keys) if key in ranks and place not in taken]
    return sorted(found, key=lambda place: (place not in own, ranks[keys[place]], place))


def _resolve_names(keys: Sequence[str], places: dict[str, int], settings: Mapping[str, str]) -> None:
    """A whole name where there are no halves of it; ``Nom`` beside ``Prénom`` is a half."""
    for key, (half, others) in _HALF_NAMES.items():
        if key in keys and half not in places and half not in settings and set(others) & set(keys):
            places[half] = keys.index(key)
    if "first_name" in places or "last_name" in places:
        places.pop("name", None)


def split_name(name: str) -> tuple[str, str]:
    """First and last name of ``Last, First``. A name without a comma stays whole, as a first name.

    Nobody can tell by rule where the last name of "Ana María de la Cruz" or "Wang Wei" begins, so no
    one guesses: sheets show the name as it is written, and files are called by all of it.
    """
    parts = [part.strip() for part in name.split(",")]
    suffix = [part for part in parts[1:] if re.sub(r"\W", "", part).casefold() in _SUFFIXES]
    others = [part for part in parts if part and part not in suffix]
    if len(others) < 2:
        return name.strip().strip(",").strip(), ""
    last, *first = others
    return ", ".join(first), ", ".join([last, *suffix])


def known_fields(columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The ids and addresses among the columns of a student, with their fields."""
    for heading, cell in columns.items():
        for name in ("student_id", "email"):
            if cell and heading_key(heading) in _RANKS[name] and (name != "email" or "@" in cell):
                yield name, cell
