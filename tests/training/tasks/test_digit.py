import numpy as np
import pytest
import tensorflow as tf

from inkdigits.errors import MissingModelError, TrainingError
from inkdigits.export.from_run import train_and_pack
from inkdigits.training.loop import Trainer
from inkdigits.training.network import build
from inkdigits.training.predict import compile_predict, evaluate
from inkdigits.training.recipe import change
from inkdigits.training.run.folder import open_run, start_run
from inkdigits.training.run.state import RunOptions
from inkdigits.training.tasks.digit import TEMPERATURE, distillation_loss


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_the_gradient_draws_the_softened_answer_to_the_teachers_mean():
    rng = np.random.default_rng(0)
    student, first, second = (3 * rng.standard_normal((5, 10)).astype(np.float32) for _ in range(3))
    logits = tf.Variable(student)
    with tf.GradientTape() as tape:
        loss = distillation_loss(logits, [tf.constant(first), tf.constant(second)])
    assert loss.shape == (5,)
    taught = (softmax(first / TEMPERATURE) + softmax(second / TEMPERATURE)) / 2
    expected = TEMPERATURE * (softmax(student / TEMPERATURE) - taught)
    np.testing.assert_allclose(tape.gradient(loss, logits).numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(distillation_loss(tf.constant(first), [tf.constant(first)]).numpy(), 0, atol=1e-5)
    assert (loss.numpy() > 0).all()


def test_a_student_learns_from_its_teacher_what_its_labels_do_not_say(convnet, mlp, small):
    glyphs, labels = small.glyphs[:1000], small.labels[:1000]
    recipe = change(mlp, {"epochs": 20, "dropout": 0.0, "learning_rate": 5e-3})
    teacher, student = build(recipe.network), build(recipe.network, seed=1)
    lesson = Trainer(teacher, recipe, glyphs, labels, seed=0)
    shuffled = np.random.default_rng(0).permutation(labels)
    exercise = Trainer(student, recipe, glyphs, shuffled, seed=1, teachers=[teacher])
    for trainer in (lesson, exercise):
        while trainer.step < trainer.steps:
            trainer.run(trainer.steps)
    held_out = small.subset(np.arange(1000, 1200))
    scores = [evaluate(compile_predict(model), held_out).score for model in (teacher, student)]
    assert scores[1].accuracy > max(0.8, scores[0].accuracy - 0.05)


@pytest.fixture
def teacher(convnet, small, tmp_path):
    run = start_run(tmp_path / "teacher", convnet, RunOptions(), source="mnist")
    train_and_pack(run, small)
    return run.folder


def student(folder, recipe, *teachers):
    return start_run(folder, recipe, RunOptions(teachers=tuple(map(str, teachers))), source="mnist")


def test_a_distilled_run_names_its_teachers_and_resumes_to_the_same_bytes(teacher, mlp, small, tmp_path):
    whole = student(tmp_path / "whole", mlp, teacher, teacher)
    card = train_and_pack(whole, small)
    assert [one["recipe"] for one in card.training["teachers"]] == ["small-convnet"] * 2
    alone = start_run(tmp_path / "alone", mlp, RunOptions(), source="mnist")
    assert "teachers" not in train_and_pack(alone, small).training
    cut = student(tmp_path / "cut", mlp, teacher, teacher)

    def stop(progress):
        if progress.step >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_and_pack(cut, small, listener=stop, report_every=7)
    train_and_pack(open_run(cut.folder), small, resume=True)
    first, second, other = (dict(np.load(run.last_checkpoint)) for run in (whole, cut, alone))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert not np.array_equal(first["weights/dense_1/kernel"], other["weights/dense_1/kernel"])


def test_a_teacher_that_was_changed_or_is_gone_stops_the_resumed_run(teacher, mlp, small, tmp_path):
    run = student(tmp_path / "run", mlp, teacher)
    train_and_pack(run, small)
    checkpoint = open_run(teacher).final_checkpoint
    arrays = dict(np.load(checkpoint))
    np.savez(checkpoint, **(arrays | {"weights/dense_1/kernel": arrays["weights/dense_1/kernel"] + 1}))
    with pytest.raises(TrainingError, match="the teachers that the run was started with"):
        train_and_pack(open_run(run.folder), small, resume=True)
    checkpoint.unlink()
    with pytest.raises(TrainingError, match="Expected a checkpoint"):
        train_and_pack(open_run(run.folder), small, resume=True)
    (teacher / "run.json").unlink()
    with pytest.raises(MissingModelError, match="Expected a run's folder"):
        train_and_pack(open_run(run.folder), small, resume=True)


def test_a_teacher_with_other_classes_is_refused(mlp, small, tmp_path, teacher, monkeypatch):
    monkeypatch.setattr("inkdigits.training.recipe.Recipe.rejects", property(lambda recipe: recipe == mlp))
    with pytest.raises(TrainingError, match="Expected teachers with 11 answers"):
        train_and_pack(student(tmp_path / "run", mlp, teacher), small)
