"""How long answers stay for late repetitions."""

from gongzhong.app.runs import KEPT_S, LOOK_EVERY_S, MOST_KEPT, Claims


def test_an_answer_is_kept_for_its_time_and_not_much_longer() -> None:
    claims = Claims()
    claims.keep("first", b"1", 1000.0)
    claims.keep("before", b"2", 1000.0 + KEPT_S - 0.1)
    assert claims.answered("first") == b"1"
    claims.keep("after", b"3", 1000.0 + KEPT_S + LOOK_EVERY_S)
    assert claims.answered("first") is None and not claims.knows("first")
    assert claims.answered("before") == b"2"


def test_never_more_answers_than_fit_however_fast_they_come() -> None:
    claims = Claims()
    for number in range(MOST_KEPT + 5):
        claims.keep(str(number), b"x", 1000.0)
    assert len(claims._answers) == MOST_KEPT
    assert claims.answered("4") is None and claims.answered("5") == b"x"


def test_answers_outlive_a_move_to_another_loop_whose_clock_is_behind() -> None:
    claims = Claims()
    claims.keep("first", b"1", 1000.0)
    claims.move(10.0)
    claims.keep("second", b"2", 10.0 + KEPT_S + LOOK_EVERY_S)
    assert claims.answered("first") is None and claims.answered("second") == b"2"
