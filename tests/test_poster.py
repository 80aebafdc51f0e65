"""The page for the staff-room wall: one sheet, the right numbers, black on white, and any name prints."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from adapters.export.poster import poster_pdf
from bot.directory import Directory, parse_trust

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "examples/staffordshire/trust.toml").read_text(encoding="utf-8")
EXAMPLE = parse_trust(TEXT, "trust.toml")
AT = datetime(2026, 11, 20, 16, 31, tzinfo=UTC)


@cache
def poster(academy: str) -> bytes:
    return poster_pdf(EXAMPLE, (academy,), AT)


def pages(directory: Directory, academy: str = "north") -> list[str]:
    """The text of each page, with every run of white space one blank."""
    pdf = poster(academy) if directory is EXAMPLE else poster_pdf(directory, (academy,), AT)
    reader = PdfReader(BytesIO(pdf))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


@pytest.mark.parametrize("academy", [academy.id for academy in EXAMPLE.academies])
def test_it_is_one_sheet_of_a4(academy: str) -> None:
    reader = PdfReader(BytesIO(poster(academy)))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)


@pytest.mark.parametrize(
    "said",
    [
        "Ring 999",
        "Stay with the child",
        "Dana Example, DSL",
        "01632 960111",
        "Robin Example, Deputy DSL",
        "07700 900112",
        "Harper Example, Headteacher",
        "01632 960113",
        "Charlie Example, Chair of governors",
        "0800 1313 126",
        "Mon to Thu 08:30 to 17:00, Fri 08:30 to 16:30, closed on bank holidays",
        "0345 604 2886",
        "when 0800 1313 126 is closed",
        "01782 235100",
        "01782 234234",
        "0800 11 11",
        "Children's social care: Staffordshire First Response",
        "Ask for M.A.S.H.; if it is shut, the Area Communications Room.",
        "For the child: Childline",
        "These numbers were last checked on 1 September 2019.",
        "0300 111 8007",
        "Not checked yet.",
        "Printed on 20 November 2026",
        "Do not look at the picture",
        "Do not delete it",
        "pass this on",
    ],
)
def test_the_wall_says_what_is_needed(said: str) -> None:
    assert said in pages(EXAMPLE)[0]


def test_the_wall_names_nobody_of_another_academy_and_no_line_for_leads() -> None:
    text = pages(EXAMPLE)[0]
    for absent in ("Jordan Example", "01632 960121", "01785 895836", "0344 381 4772"):
        assert absent not in text


def test_the_wall_says_once_when_the_numbers_were_checked_and_names_the_police_once() -> None:
    text = pages(EXAMPLE)[0]
    assert text.count("last checked") == 1
    assert text.count(" 101 ") == 1


def test_the_academys_own_council_comes_first() -> None:
    text = pages(EXAMPLE, "south")[0]
    assert text.index("Lives in Stoke-on-Trent") < text.index("Lives in Staffordshire")
    assert "Stoke-on-Trent LADO" in text


@pytest.mark.parametrize(
    "name", ["Łukasz Ćwik-Ŵyn", "Siân Ó Briain", "Zoë Šimůnková-Ağaoğlu", "<b>Dana</b> & Son", "李 Example"]
)
def test_a_name_in_any_letters_still_prints(name: str) -> None:
    found = pages(parse_trust(TEXT.replace("Dana Example", name), "trust.toml"))
    assert len(found) == 1
    assert "01632 960111" in found[0]
    if "李" not in name:
        assert f"{name}, DSL" in found[0]


def test_a_large_team_still_fits_on_one_sheet() -> None:
    ids = [f"deputy-{number}" for number in range(12)]
    people = "".join(
        f'[[people]]\nid = "{id}"\nname = "{id} Example"\ntitle = "Deputy DSL"\nphone = "01632 960199"\n' for id in ids
    )
    listed = ", ".join(f'"{id}"' for id in ids)
    text = TEXT.replace('deputies = ["deputy-north"]', f"deputies = [{listed}]") + "\n" + people
    found = pages(parse_trust(text, "trust.toml"))
    assert len(found) == 1
    assert "deputy-11 Example" in found[0]


def test_an_academy_without_a_head_does_not_send_staff_to_one() -> None:
    text = pages(parse_trust(TEXT.replace('head = "head-north"\n', ""), "trust.toml"))[0]
    assert "Ring the headteacher instead" not in text


def test_an_academy_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        poster_pdf(EXAMPLE, ("nowhere",), AT)


def test_it_uses_no_colour() -> None:
    """Black, white and grey only: a school's printer may have nothing else."""
    for page in PdfReader(BytesIO(poster("north"))).pages:
        contents = page.get_contents()
        assert contents is not None
        operators = {operator for _, operator in contents.operations}
        assert operators & {b"g", b"G"}
        assert not operators & {b"rg", b"RG", b"k", b"K", b"sc", b"scn", b"Do"}


def test_the_fonts_licence_lies_beside_the_fonts() -> None:
    fonts = ROOT / "adapters/export/fonts"
    licence = (fonts / "LICENSE-DejaVu.txt").read_text(encoding="utf-8")
    assert {path.name for path in fonts.glob("*.ttf")} == {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"}
    assert "Bitstream Vera Fonts Copyright" in licence
    assert "Arev Fonts Copyright" in licence
