"""How long answers stay for late repetitions."""

from gongzhong.app.runs import KEPT_S, MOST_KEPT, Claims


def test_an_answer_is_kept_for_its_time_and_at_most_twice_as_long() -> None:
    claims = Claims()
    claims.keep("before", b"0", 1000.0)
    claims.keep("first", b"1", 1000.1)
    claims.keep("last", b"2", 1000.0 + KEPT_S)
    assert claims.answered("first") == b"1" and claims.answered("last") == b"2"
    claims.keep("after", b"3", 1000.0 + 2 * KEPT_S - 0.1)
    assert claims.answered("first") == b"1"
    claims.keep("much later", b"4", 1000.0 + 2 * KEPT_S + 0.1)
    assert claims.answered("first") is None and not claims.knows("first")
    assert claims.answered("after") == b"3"


def test_never_more_answers_than_fit_however_fast_they_come() -> None:
    claims = Claims()
    for number in range(2 * MOST_KEPT):
        claims.keep(str(number), b"x", 1000.0)
        if not number % 1000:
            assert len(claims._answers) + len(claims._before) <= MOST_KEPT
    assert claims.answered("4") is None
    assert claims.answered(str(3 * MOST_KEPT // 2)) == b"x"


def test_answers_outlive_a_move_to_another_loop_whose_clock_is_behind() -> None:
    claims = Claims()
    claims.keep("first", b"1", 1000.0)
    claims.move(10.0)
    assert claims.answered("first") == b"1"
    claims.keep("second", b"2", 10.0 + KEPT_S)
    claims.keep("third", b"3", 10.0 + 2 * KEPT_S)
    assert claims.answered("first") is None and claims.answered("second") == b"2"
