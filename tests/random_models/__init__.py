"""Random models, losses, metrics, optimizers and schedules, compared with real Keras.

A model is drawn as plain data (`models.draw`), built by the same code on both sides (`build.Graph`), run here and in
a process that has real Keras (`examine`), and compared (`compare`). `python -m tests.random_models --help` runs any
number of them; `tests/random_models/test_random.py` runs a fixed few.
"""
