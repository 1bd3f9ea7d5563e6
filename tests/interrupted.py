"""Trains models, is interrupted by Ctrl-C repeatedly, and prints the outcome. `test_interrupts.py` runs it."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading

import numpy as np

import keraslite
from keraslite import layers

LOST = 3.0  # seconds after which an interrupt was lost: Python swallows what is raised in a weak reference's callback


def dense():
    model = keraslite.Sequential([layers.Input((4,)), layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(1)])
    return model, np.ones((64, 4), "float32")


def lstm():
    return keraslite.Sequential([layers.Input((5, 4)), layers.LSTM(8), layers.Dense(1)]), np.ones((64, 5, 4), "float32")


class Training:
    """A model in endless training; on an engine without gradients in endless prediction."""

    def __init__(self, make):
        self.model, self.x = make()
        self.model.compile("adam", "mse")
        self.trains = "gradients" in keraslite.backend.registry.current().capabilities

    def run(self, epochs):
        if self.trains:
            self.model.fit(self.x, np.ones((64, 1)), batch_size=4, epochs=epochs, verbose=0)
        for _ in range(0 if self.trains else epochs):
            self.model.predict(self.x, batch_size=4, verbose=0)

    def is_sound(self):
        numbers = [*self.model.get_weights(), *(v.numpy() for v in self.model.optimizer.variables)]
        return all(np.isfinite(x).all() for x in numbers)


def interrupted(training, delay):
    """What `run` ends by, which Ctrl-C after `delay` seconds stops, and how often it was pressed."""
    stop, pressed = threading.Event(), []

    def press():
        waited = delay
        while not stop.wait(waited):
            pressed.append(True)
            os.kill(os.getpid(), signal.SIGINT)
            waited = LOST

    thread = threading.Thread(target=press)
    try:
        thread.start()
        training.run(10**6)
    except BaseException as error:
        stop.set()
        thread.join()
        return repr(error), len(pressed)


def main(seed, times):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    draw = random.Random(seed)
    ready = [Training(dense), Training(lstm)]
    for training in ready:
        training.run(2)
    ends, lost = [], 0
    for i in range(times):
        if i % 4:
            training, delay = ready[i % 2], draw.uniform(0, 0.06)
        else:  # while its programs are made
            training, delay = Training((dense, lstm)[i // 4 % 2]), draw.uniform(0, 0.5)
        end, pressed = interrupted(training, delay)
        ends.append(end if training.is_sound() else f"{end}, and weights that are not finite")
        lost += pressed - 1
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    for training in ready:
        training.run(1)
    print(json.dumps({"ends": ends, "lost": lost, "sound": all(training.is_sound() for training in ready)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
