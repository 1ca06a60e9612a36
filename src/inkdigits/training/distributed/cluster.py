"""Workers: which processes train together, and how they exchange numbers. Knows nothing of recipes or files.

`TF_CONFIG`, the variable that Kubeflow, Vertex AI and Ray Train set, names the others; without it there is one worker,
on the CPU or on all GPUs of this machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow as tf

from inkdigits.errors import SettingError, TrainingError
from inkdigits.system import usable_cores

LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError)


@dataclass(frozen=True)
class Workers:
    """The workers of one training, seen from one of them.

    Attributes:
        strategy: How TensorFlow spreads a step over the devices of all workers.
        count: Workers, each a process.
        index: Number of this one; the first, 0, is the chief, who alone writes files.
    """

    strategy: tf.distribute.Strategy
    count: int = 1
    index: int = 0

    @property
    def chief(self) -> bool:
        """Whether this is the worker that writes files and decides."""
        return self.index == 0

    def broadcast_from_chief(self, number: int) -> int:
        """The chief's number, for all; every worker must call this at the same point of its work.

        Raises:
            TrainingError: Another worker is gone.
        """
        if self.count == 1:
            return number
        with self.report_lost_workers():
            return int(self._broadcast(tf.constant(number if self.chief else 0, tf.int32)))

    @cached_property
    def _broadcast(self) -> Callable[[tf.Tensor], tf.Tensor]:
        def total(number: tf.Tensor) -> tf.Tensor:
            here = tf.identity(number)  # on this replica's device: a bare argument is on none
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, here)

        strategy = self.strategy

        @tf.function  # type: ignore[untyped-decorator]
        def broadcast(number: tf.Tensor) -> tf.Tensor:
            return strategy.experimental_local_results(strategy.run(total, (number,)))[0]

        return broadcast  # type: ignore[no-any-return]

    @contextmanager
    def report_lost_workers(self) -> Iterator[None]:
        """Says in plain words that another worker is gone, where TensorFlow's errors tell of connections."""
        try:
            yield
        except LOST as error:
            if self.count == 1:
                raise
            raise TrainingError(
                f"Expected {self.count} workers. Received: no answer from another than {self.index}, which stops.",
                hint="Start all of them again with --resume: they go on from the last checkpoint.",
            ) from error


def use_single_threaded_ops() -> bool:
    """Makes each of TensorFlow's operations take one thread; as many run side by side as there are cores.

    The training loop then cuts a batch into one shard per core. Distributing an operation of a small network over
    several threads and waiting for them takes longer than many of these operations themselves.

    Returns:
        Whether it is so now: it can no longer be set once TensorFlow has computed something.
    """
    threads = tf.config.threading
    if threads.get_intra_op_parallelism_threads() != 1:
        try:
            threads.set_intra_op_parallelism_threads(1)
            threads.set_inter_op_parallelism_threads(usable_cores())
        except RuntimeError:
            return False
    return True


def single_process() -> Workers:
    """One worker on the default device."""
    return Workers(tf.distribute.get_strategy())


def cluster_from_environment() -> Workers:
    """Joins the workers that `TF_CONFIG` names; without it, takes all GPUs of this machine, or its CPU.

    It must be called before TensorFlow has computed anything, and waits until all workers have joined.

    Raises:
        SettingError: `TF_CONFIG` is not what TensorFlow expects, or gives this process another part than to train.
    """
    cluster, kind, index = _from_environment()
    count = sum(len(cluster.get(name, [])) for name in ("chief", "worker"))
    if count > 1:
        place = index + len(cluster.get("chief", [])) * (kind == "worker")
        return Workers(tf.distribute.MultiWorkerMirroredStrategy(), count, place)
    if len(tf.config.list_physical_devices("GPU")) > 1:
        return Workers(tf.distribute.MirroredStrategy())
    return single_process()


def _from_environment() -> tuple[dict[str, list[str]], str, int]:
    """The cluster of `TF_CONFIG`, and this process' kind and index in it."""
    text = os.environ.get("TF_CONFIG", "")
    try:
        config: dict[str, Any] = json.loads(text) if text else {}
        cluster = config.get("cluster", {})
        task = config.get("task", {"type": "worker", "index": 0})
        kind, index = str(task["type"]), int(task["index"])
        if cluster:
            _ = cluster[kind][index]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise SettingError(
            f"Expected TF_CONFIG to name a cluster and this process' task in it. Received: {text!r}.",
            hint='It looks like {"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}.',
        ) from error
    if kind not in ("chief", "worker"):
        raise SettingError(
            f"Expected this process to be a chief or a worker. Received in TF_CONFIG: {kind!r}.",
            hint="Every worker trains; there is no parameter server and no evaluator.",
        )
    return cluster, kind, index


def sum_over_replicas(tensors: list[tf.Tensor], context: tf.distribute.ReplicaContext) -> list[tf.Tensor]:
    """Sums each tensor over all devices, in one exchange instead of one per tensor; alone, gives them back."""
    if context.num_replicas_in_sync == 1:
        return tensors
    flat = tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)
    flat = context.all_reduce(tf.distribute.ReduceOp.SUM, flat)
    parts = tf.split(flat, [tensor.shape.num_elements() for tensor in tensors])
    return [tf.reshape(part, tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]
