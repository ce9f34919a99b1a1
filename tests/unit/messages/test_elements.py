"""Reading elements that are spelt, repeated or left empty in unusual ways."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import convert, field

from gongzhong.messages.elements import EXTRA, Element, Flag, Form, arrange, slots


class Wheel(Element, frozen=True, kw_only=True):
    size: int


class Box(Element, frozen=True, kw_only=True):
    wheel: tuple[Wheel, ...] = ()


class Car(Element, frozen=True, kw_only=True):
    aliases: ClassVar[dict[str, str]] = {"colour": "Paint"}

    open_id: str = field(name="OpenID")
    paint: str | None = None
    doors: int | None = None
    sold: Flag | None = None
    box: Box
    spare: Wheel | None = None
    codes: tuple[int, ...] = ()


def read(**elements: object) -> Car:
    fields = {"OpenID": "o1", "Box": {}, **elements}
    return convert(arrange(Car, fields), Car, strict=False)


def test_slots_name_elements_parts_and_forms() -> None:
    known = slots(Car)
    assert list(known) == ["OpenID", "Paint", "Doors", "Sold", "Box", "Spare", "Codes"]
    assert known["Sold"].form is Form.DIGIT
    assert known["Spare"].part is Wheel
    assert known["Codes"].repeated
    assert not known["Codes"].is_text
    assert known["Paint"].is_text


def test_a_note_inside_a_tuple_is_found() -> None:
    class Flags(Element, frozen=True, kw_only=True):
        set: tuple[Annotated[bool, Form.DIGIT], ...] = ()

    assert slots(Flags)["Set"].form is Form.DIGIT


def test_letter_case_and_stray_blanks_in_names_do_not_matter() -> None:
    assert convert(arrange(Car, {" openid": "o1", "box": {}}), Car, strict=False).open_id == "o1"


def test_an_alias_is_read_as_the_name_it_stands_for() -> None:
    assert read(Colour="red").paint == "red"


def test_the_exact_name_wins_over_other_spellings_in_any_order() -> None:
    assert read(paint="red", Paint="blue").paint == "blue"
    car = read(Paint="blue", paint="red", PAINT="green")
    assert car.paint == "blue"
    assert car.extra == {"paint": "red", "PAINT": "green"}


def test_of_two_other_spellings_the_first_counts_and_the_second_is_kept() -> None:
    car = read(paint="red", PAINT="green")
    assert (car.paint, car.extra) == ("red", {"PAINT": "green"})


def test_unknown_elements_are_kept_on_every_level() -> None:
    car = read(New="1", Box={"Wheel": {"Size": "3", "Maker": "x"}, "Lid": {"Deep": ["a", "b"]}})
    assert car.extra == {"New": "1"}
    assert car.box.extra == {"Lid": {"Deep": ["a", "b"]}}
    assert car.box.wheel == (Wheel(size=3, extra={"Maker": "x"}),)


def test_one_entry_is_read_like_several() -> None:
    assert read(Codes="7").codes == (7,)
    assert read(Codes=["7", "8"]).codes == (7, 8)


def test_empty_elements_where_numbers_or_entries_belong_mean_absent() -> None:
    car = read(Doors="", Sold=" ", Spare="", Codes=["", "7"])
    assert (car.doors, car.sold, car.spare, car.codes) == (None, None, None, (7,))


def test_an_empty_text_is_a_text() -> None:
    assert read(Paint="").paint == ""


def test_an_empty_container_that_must_be_there_is_one_without_entries() -> None:
    assert read(Box="").box == Box()


def test_blanks_around_numbers_are_ignored_and_in_texts_kept() -> None:
    assert read(Doors=" 4 ").doors == 4
    assert read(Paint=" red ").paint == " red "


def test_no_element_can_reach_the_place_of_the_rest() -> None:
    assert read(**{EXTRA: {"Doors": "9"}}).extra == {EXTRA: {"Doors": "9"}}
