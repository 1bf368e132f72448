import threading

from ids_build.runner.budget import Budget


def test_what_is_free_is_given_out_and_no_more() -> None:
    budget = Budget(100)
    assert [budget.admit(60), budget.admit(60), budget.admit(40)] == [True, False, True]


def test_what_is_given_back_is_free_again() -> None:
    budget = Budget(100)
    assert budget.admit(100)
    budget.give(100)
    assert budget.admit(100)


def test_the_whole_is_had_when_all_others_have_given_theirs_back() -> None:
    budget = Budget(100)
    assert budget.admit(30)
    assert budget.admit(50)
    has_all = threading.Event()

    def exchange() -> None:
        with budget.whole(30):
            has_all.set()

    waiting = threading.Thread(target=exchange)
    waiting.start()
    assert not has_all.wait(0.2)
    budget.give(50)
    assert has_all.wait(10)
    waiting.join()
    assert budget.admit(70)
    assert not budget.admit(1)


def test_two_that_want_the_whole_get_it_one_after_the_other() -> None:
    budget = Budget(100)
    together, most = [0], [0]

    def exchange() -> None:
        with budget.whole(50):
            together[0] += 1
            most[0] = max(most[0], together[0])
            together[0] -= 1
        budget.give(50)

    assert budget.admit(50)
    assert budget.admit(50)
    both = [threading.Thread(target=exchange) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(10)
    assert most == [1]
    assert not any(thread.is_alive() for thread in both)


def test_nobody_new_is_let_in_while_somebody_waits_for_the_whole() -> None:
    budget = Budget(100)
    assert budget.admit(10)
    assert budget.admit(10)
    waiting = threading.Thread(target=lambda: budget.whole(10).__enter__(), daemon=True)
    waiting.start()
    while budget.admit(1):
        budget.give(1)
    budget.give(10)
    waiting.join(10)
    assert not waiting.is_alive()
