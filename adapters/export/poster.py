"""The page for the staff-room wall: the first ninety seconds, and whom to ring. One sheet of A4, black on white.

It names the safeguarding team, the councils' services and nobody else: no case and no child may enter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from bot.contacts import long_date
from bot.directory import Academy, Authority, Contact, Directory
from bot.hours import in_words, london

_FONTS = Path(__file__).parent / "fonts"
_MARGIN, _WIDTH, _GAP, _PHONE = 12.0, 186.0, 6.0, 38.0
_COLUMN = (_WIDTH - _GAP) / 2
_SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7, 0.6, 0.5)

_DO = (
    "Stay calm. Listen. Let them take their time.",
    "Take it seriously, however long ago it was.",
    'Say: "Thank you for telling me. It is not your fault."',
    "Say that you must pass this on, and to whom.",
    "Tell the safeguarding lead now: in person or by phone.",
    "Write down the child's own words as soon as you can.",
    "If they may hurt themselves, do not leave them alone.",
    "Seen it by accident? Tell the lead. There is help for you too.",
)
_DONT = (
    "Do not look at the picture, or ask to see it.",
    "Do not copy, print, send or save it. The law forbids it.",
    "Do not delete it, or tell anybody to delete it.",
    "Do not promise to keep it secret, or say how it will end.",
    "Do not ask why, or press for more than they tell you.",
    "Do not blame, lecture or look shocked.",
    "Do not tell parents, other pupils or anyone it is about.",
    "Do not wait until you are sure, or for a reply.",
)
_INSTEAD = (
    ("head", "Is it about an adult who works or volunteers here? Ring the headteacher instead."),
    ("chair", "Is it about the headteacher? Ring the chair of governors."),
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page being drawn; `scale` shrinks all type when much has to fit."""

    pdf: FPDF
    scale: float
    printed: str

    def line(self, text: str, size: float, *, bold: bool = False, width: float = _WIDTH) -> None:
        """A paragraph from where the pen stands, which then stands below it at the same left edge."""
        self.pdf.set_font("DejaVu", style="B" if bold else "", size=size * self.scale)
        height = size * self.scale * 0.46
        self.pdf.multi_cell(width, height, text, align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)

    def space(self, millimetres: float) -> None:
        self.pdf.set_xy(self.pdf.get_x(), self.pdf.get_y() + millimetres * self.scale)

    def heading(self, text: str) -> None:
        self.space(3)
        self.pdf.line(_MARGIN, self.pdf.get_y(), _MARGIN + _WIDTH, self.pdf.get_y())
        self.space(1.5)
        self.line(text, 14, bold=True)
        self.space(0.8)


def poster_pdf(directory: Directory, academy_ids: Sequence[str], at: datetime) -> bytes:
    """The posters of these academies as a PDF, a page each; more only if half-size type does not fit on one.

    Raises KeyError for an academy that is not in the file.
    """
    by_id = {academy.id: academy for academy in directory.academies}
    academies = [by_id[id] for id in academy_ids]
    printed = long_date(at.astimezone(london()).date())
    scales = [_fitting(directory, academy, at, printed) for academy in academies]
    with _blank(", ".join(academy.name for academy in academies), at) as pdf:
        for academy, scale in zip(academies, scales, strict=True):
            pdf.add_page()
            _draw(_Sheet(pdf, scale, printed), directory, academy)
        return bytes(pdf.output())


def _fitting(directory: Directory, academy: Academy, at: datetime, printed: str) -> float:
    """The largest type that leaves the poster on one page."""
    return next((s for s in _SCALES if _pages(directory, academy, at, printed, s) == 1), _SCALES[-1])


def _pages(directory: Directory, academy: Academy, at: datetime, printed: str, scale: float) -> int:
    with _blank(academy.name, at) as pdf:
        pdf.add_page()
        _draw(_Sheet(pdf, scale, printed), directory, academy)
        return int(pdf.page_no())


def _draw(sheet: _Sheet, directory: Directory, academy: Academy) -> None:
    _danger(sheet)
    _first_seconds(sheet)
    _leads(sheet, directory, academy)
    _councils(sheet, directory, academy)
    _foot(sheet, directory)


@contextmanager
def _blank(names: str, at: datetime) -> Iterator[FPDF]:
    """A PDF without a page yet, whose font files are closed afterwards: fpdf2 leaves them open."""
    pdf = _dressed(names, at)
    try:
        yield pdf
    finally:
        for font in pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.close()


def _dressed(names: str, at: datetime) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_margins(_MARGIN, _MARGIN, _MARGIN)
    pdf.set_auto_page_break(True, margin=_MARGIN)
    pdf.set_title(f"When a child tells you: {names}")
    pdf.set_lang("en-GB")
    pdf.set_creation_date(at)
    pdf.add_font("DejaVu", fname=_FONTS / "DejaVuSans.ttf")
    pdf.add_font("DejaVu", style="B", fname=_FONTS / "DejaVuSans-Bold.ttf")
    return pdf


def _danger(sheet: _Sheet) -> None:
    """White on black: it must be read from the door, and print on any machine (S2-121, D-11)."""
    pdf = sheet.pdf
    pdf.set_fill_color(0)
    pdf.set_text_color(255)
    pdf.set_font("DejaVu", style="B", size=21 * sheet.scale)
    text = "In danger now? Ring 999. Stay with the child."
    pdf.cell(_WIDTH, 14 * sheet.scale, text, align="C", fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_text_color(0)
    sheet.space(4)


def _first_seconds(sheet: _Sheet) -> None:
    sheet.line("A child tells you about a nude or intimate picture", 19, bold=True)
    sheet.line("Your first 90 seconds", 13)
    sheet.space(3)
    top = sheet.pdf.get_y()
    left = _column(sheet, ("Do", "✓", _DO), _MARGIN, top)
    right = _column(sheet, ("Do not", "✗", _DONT), _MARGIN + _COLUMN + _GAP, top)
    sheet.pdf.set_xy(_MARGIN, max(left, right))


def _column(sheet: _Sheet, said: tuple[str, str, Sequence[str]], left: float, top: float) -> float:
    """Draws a heading and its sentences with a sign before each; the height at which it ends."""
    heading, sign, sentences = said
    sheet.pdf.set_xy(left, top)
    sheet.line(heading, 15, bold=True, width=_COLUMN)
    for sentence in sentences:
        sheet.space(1.3)
        here = sheet.pdf.get_y()
        sheet.line(sign, 11.5, bold=True, width=7)
        sheet.pdf.set_xy(left + 7, here)
        sheet.line(sentence, 11.5, width=_COLUMN - 7)
        sheet.pdf.set_x(left)
    return sheet.pdf.get_y()


def _leads(sheet: _Sheet, directory: Directory, academy: Academy) -> None:
    sheet.heading(f"Ring your safeguarding lead: {academy.name}")
    _people(sheet, directory, academy, ("dsl", "deputy"))
    sheet.space(1)
    for role, when in _INSTEAD:
        if directory.holders(academy.id, role):
            sheet.line(when, 10.5)
            _people(sheet, directory, academy, (role,))
    _officer(sheet, directory, academy)


def _officer(sheet: _Sheet, directory: Directory, academy: Academy) -> None:
    """The LADO may be rung directly when telling the school is not safe (N-18)."""
    council = directory.authority(academy.authority)
    lado = directory.contact(council.lado or "") if council else None
    if lado:
        sheet.line("Not safe to tell them? Ring the LADO yourself.", 10.5)
        _row(
            sheet, lado.phone, " ".join(filter(None, (f"{lado.name}: {in_words(lado.hours)}.", _unchecked(lado)))), 10.5
        )


def _people(sheet: _Sheet, directory: Directory, academy: Academy, roles: Iterable[str]) -> None:
    holders = dict.fromkeys(person for role in roles for person in directory.holders(academy.id, role))
    for person in holders:
        _row(sheet, person.phone or "in person", f"{person.name}, {person.title}", 13)


def _row(sheet: _Sheet, phone: str, text: str, size: float) -> None:
    """A number to ring, and beside it who answers."""
    here = sheet.pdf.get_y()
    sheet.line(phone, size, bold=True, width=_PHONE)
    sheet.pdf.set_xy(_MARGIN + _PHONE, here)
    sheet.line(text, size, width=_WIDTH - _PHONE)
    sheet.pdf.set_x(_MARGIN)


def _councils(sheet: _Sheet, directory: Directory, academy: Academy) -> None:
    sheet.heading("Nobody answers? Ring children's services yourself. Anyone may.")
    sheet.line("Go by the council the child lives in.", 10.5)
    councils = sorted(directory.authorities, key=lambda each: each.id != academy.authority)
    shared = _shared(councils)
    for council in councils:
        own = [id for id in council.contacts if id not in shared]
        _services(sheet, directory, (f"Lives in {council.name}", own))
    _services(sheet, directory, ("Wherever the child lives", [*shared, *directory.trust_contacts]))


def _shared(councils: Iterable[Authority]) -> Sequence[str]:
    """What several councils list, each once."""
    times = Counter(id for council in councils for id in council.contacts)
    return [id for id, count in times.items() if count > 1]


def _services(sheet: _Sheet, directory: Directory, named: tuple[str, Sequence[str]]) -> None:
    heading, ids = named
    listed = [contact for id in ids if (contact := directory.contact(id)) and _on_the_wall(contact)]
    contacts = [contact for contact in listed if contact.advice or not _spoken_for(directory, contact)]
    if contacts:
        sheet.space(1.4)
        sheet.line(heading, 11, bold=True)
    for contact in contacts:
        _row(sheet, contact.phone, _service(directory, contact), 9.5)


def _on_the_wall(contact: Contact) -> bool:
    """What a member of staff may ring, or hand to a child; 999 stands at the top already."""
    return contact.audience in ("staff", "child") and contact.phone not in ("", "999")


def _spoken_for(directory: Directory, contact: Contact) -> bool:
    """Whether another line of the same agency on the same telephone says whom to ask for (C-16)."""
    same = (other for other in directory.contacts if (other.phone, other.agency) == (contact.phone, contact.agency))
    return contact.agency is not None and any(other.advice for other in same)


def _service(directory: Directory, contact: Contact) -> str:
    name = contact.name if contact.name != contact.what_for else ""
    what = ": ".join(filter(None, (contact.what_for, name, _hours(directory, contact))))
    return " ".join(filter(None, (f"{what}.", contact.advice, _unchecked(contact))))


def _hours(directory: Directory, contact: Contact) -> str:
    daytime = directory.contact(contact.when_closed or "")
    if daytime is None:
        return in_words(contact.hours)
    return "at all other times" if daytime.phone == contact.phone else f"when {daytime.phone} is closed"


def _unchecked(contact: Contact) -> str:
    return "Not checked yet." if contact.verified_on == "never" else ""


def _foot(sheet: _Sheet, directory: Directory) -> None:
    on_the_wall = (contact for contact in directory.contacts if _on_the_wall(contact))
    days = sorted({contact.verified_on for contact in on_the_wall if contact.verified_on != "never"})
    checked = " or ".join(long_date(day) for day in days)
    sheet.space(3)
    if checked:
        sheet.line(f"These numbers were last checked on {checked}.", 9)
    sheet.line(f"Printed on {sheet.printed}. Ring each number before you hang this up.", 9)
