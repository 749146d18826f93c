"""The one table of headings: what class lists call the columns that the program needs.

They are those of this program, of Canvas (gradebook, people), Moodle (participants, grades, grading
worksheet), Google Classroom, Gradescope, Blackboard and PowerSchool, and of lists that are kept by hand in
English, German, French, Spanish and Portuguese. Headings are compared without case, accents, spaces and
signs. What stands first is taken first; where that leaves a choice, the list says in words what was taken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from backproptable.errors import Problem, suggestion

__all__ = ["FIELDS", "HEADINGS", "Mapped", "folded", "guesses", "map_columns"]

HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "student_id": (
        *("student id", "student number", "student no", "student nr", "sis user id", "sis id", "sid", "id number"),
        *("matriculation number", "enrolment number", "enrollment number", "registration number", "university id"),
        *("Matrikelnummer", "Matrikelnr", "Matrikel-Nr.", "Matr.-Nr.", "ID-Nummer", "Schülernummer"),
        *("numéro d'étudiant", "numéro étudiant", "n° étudiant", "no étudiant", "numéro d'identification"),
        *("numero de estudiante", "número de matrícula", "n.º de matrícula", "matrícula", "número de ID", "expediente"),
        *("número de aluno", "n.º de aluno", "número do aluno", "número mecanográfico", "número de identificação"),
        *("id", "sis login id", "login id", "student username", "username", "user name", "login"),
        *("Anmeldename", "Benutzername", "nom d'utilisateur", "nombre de usuario", "nome de utilizador"),
        *("nome de usuário", "identificación", "identifier", "Identifikator", "identifiant", "identificador"),
    ),
    "first_name": (
        *("first name", "given name", "given names", "forename", "first", "preferred name"),
        *("Vorname", "Vornamen", "prénom", "prénoms", "nombre de pila", "nombre(s)", "nombres", "nome próprio"),
        *("primeiro nome",),
    ),
    "last_name": (
        *("last name", "surname", "family name", "last"),
        *("Nachname", "Familienname", "Zuname", "nom de famille", "apellido", "apellidos", "apellido(s)"),
        *("sobrenome", "apelido", "apelidos", "último nome"),
    ),
    "name": (
        *("name", "full name", "student name", "student", "display name", "participant", "LastFirst", "last, first"),
        *("vollständiger Name", "Name, Vorname", "nom complet", "nombre completo", "nome completo"),
        *("nom et prénom", "nom", "nombre", "nome", "alumno", "aluno", "étudiant"),
    ),
    "email": (
        *("email", "e-mail", "email address", "e-mail address", "mail", "student email", "primary email"),
        *("E-Mail-Adresse", "Mailadresse", "adresse e-mail", "adresse de courriel", "courriel", "adresse mail"),
        *("correo electrónico", "dirección de correo", "dirección email", "correo", "endereço de e-mail"),
        *("endereço de email", "correio eletrónico", "correio eletrônico"),
    ),
    "batch": (
        *("batch", "section", "sections", "class", "class section", "group", "groups", "period", "cohort"),
        *("Gruppe", "Gruppen", "Klasse", "Kurs", "groupe", "groupes", "classe", "grupo", "grupos", "clase", "turma"),
    ),
}
"""Field of the program -> headings, the surest first."""

FIELDS: Final = tuple(HEADINGS)
"""What a course file can name a column for."""

_NAME_OR_PART: Final = {
    "nom": ("last_name", "first_name"),
    "nombre": ("first_name", "last_name"),
    "nome": ("first_name", "last_name"),
    "name": ("last_name", "first_name"),
}
"""Words for a whole name that mean a part of it where a column has the other part: (part, other part)."""
_LAST_FIRST: Final = ("lastfirst", "namevorname")
"""Headings under which the last name stands first even where no comma parts it."""


def folded(heading: str) -> str:
    """A heading as it is compared: letters and digits, without case and accents."""
    plain = unicodedata.normalize("NFKD", heading.casefold()).replace("ß", "ss")
    return "".join(character for character in plain if character.isalnum())


_FOLDED: Final = {field: tuple(dict.fromkeys(map(folded, headings))) for field, headings in HEADINGS.items()}


class Mapped(NamedTuple):
    """Which column holds which field."""

    columns: dict[str, int]
    """Place by field."""
    ids: tuple[int, ...]
    """The columns that could hold the id, the surest first; the first of these that is filled in is the one."""
    last_first: bool = False
    """Whether a whole name has the last name first, with a comma or without."""

    @property
    def fits(self) -> bool:
        """Whether there is an id, and a name."""
        return bool(self.ids) and not {"first_name", "last_name", "name"}.isdisjoint(self.columns)

    def missing(self) -> Iterator[tuple[str, ...]]:
        """The fields that are not there: of each of these, one is needed."""
        if not self.ids:
            yield ("student_id",)
        if {"first_name", "last_name", "name"}.isdisjoint(self.columns):
            yield ("first_name", "last_name")


def map_columns(headers: Sequence[str], chosen: Mapping[str, str] | None = None) -> Mapped:
    """What the columns with these headings hold; `chosen` names columns for fields, as a course file does."""
    keys = [folded(header) for header in headers]
    places: dict[str, int] = {}
    for field, header in (chosen or {}).items():
        if (key := folded(header)) in keys:
            places[field] = keys.index(key)
    taken = set(places.values())

    def found(field: str) -> list[int]:
        return [
            keys.index(heading) for heading in _FOLDED[field] if heading in keys and keys.index(heading) not in taken
        ]

    for field in ("first_name", "last_name", "email", "batch"):
        if field not in places and (candidates := found(field)):
            places[field] = candidates[0]
            taken.add(candidates[0])
    has_part = not {"first_name", "last_name"}.isdisjoint(places)
    if "name" not in places and not {"first_name", "last_name"} <= set(places):
        for place in found("name"):
            part, other = _NAME_OR_PART.get(keys[place], ("", ""))
            if part and other in places and part not in places:
                places[part] = place
            elif not has_part:
                places["name"] = place
            else:
                continue
            taken.add(place)
            break
    if "student_id" in places:
        ids = [places["student_id"]]
    else:
        ids = [place for place in found("student_id") if place not in places.values()]
        ids += [places["email"]] if "email" in places else []
    if "name" in places and "name" not in (chosen or {}) and {"first_name", "last_name"} <= set(places):
        del places["name"]
    last_first = "name" in places and keys[places["name"]] in _LAST_FIRST
    return Mapped(places, tuple(ids), last_first)


def guesses(needed: Sequence[str], headers: Sequence[str]) -> str:
    """What to do where a field has no column: a heading that is nearly one of its own, and never one of another."""
    own = {heading for field in needed for heading in _FOLDED[field]}
    others = {heading for field, known in _FOLDED.items() if field not in needed for heading in known}
    known = {folded(header): header for header in headers if header}
    for key, header in known.items():
        close = suggestion(key, own)
        if key not in others and close.startswith("Did"):
            return f"Is it {header!r}? Then call it {needed[0]}, or name it in the course file: [roster]."
    return f"Call the column {needed[0]}, or name it in the course file: [roster] {needed[0]} = ..."


def chosen_problems(chosen: Mapping[str, str], headers: Sequence[str]) -> Iterator[Problem]:
    """Columns that a course file names and the roster does not have."""
    keys = {folded(header) for header in headers}
    for field, header in chosen.items():
        if folded(header) not in keys:
            named = [header for header in headers if header][:20]
            yield Problem(f"[roster] {field}", f"the roster has no column {header!r}.", suggestion(header, named))
