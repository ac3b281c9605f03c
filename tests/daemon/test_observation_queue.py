import threading
import time

import numpy as np

from monitor.daemon.observation_queue import ObservationQueue
from monitor.events import AudioBlock, Tick


def audio(t_s: float) -> AudioBlock:
    return AudioBlock(t_s, np.zeros(4, np.float32))


def test_a_full_queue_drops_the_oldest_audio_and_nothing_else() -> None:
    queue = ObservationQueue(max_audio_blocks=3)
    queue.put(Tick(0.0))
    for n in range(5):
        queue.put(audio(float(n)))
        queue.put(Tick(n + 0.5))
    got = []
    while (item := queue.get(0.0)) is not None:
        got.append(item)
    assert [item.t_s for item in got if isinstance(item, AudioBlock)] == [2.0, 3.0, 4.0]
    assert sum(isinstance(item, Tick) for item in got) == 6
    assert queue.audio_drops == 2


def test_it_says_how_long_the_last_one_waited() -> None:
    queue = ObservationQueue()
    queue.put(Tick(1.0))
    queue.put(Tick(2.0))
    time.sleep(0.02)
    queue.get(0.0)
    first_s = queue.lag_s
    time.sleep(0.02)
    queue.get(0.0)
    assert 0.02 <= first_s <= queue.lag_s - 0.02
    assert queue.get(0.0) is None
    assert queue.lag_s == 0.0


def test_get_wakes_up_when_something_comes() -> None:
    queue = ObservationQueue()
    timer = threading.Timer(0.05, queue.put, [Tick(1.0)])
    timer.start()
    assert queue.get(5.0) == Tick(1.0)
    assert queue.get(0.0) is None
    timer.join()
