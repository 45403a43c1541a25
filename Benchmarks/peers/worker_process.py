"""The driver's side of a `worker`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from . import environments, places
from .competitors import Competitor
from .volumes import Size
from .worker import Settings


class WorkerFailed(Exception):
    """A worker ended without answering; the message has the last line it printed."""


class WorkerProcess:
    """A running worker, loaded; a context manager that ends it. `log` receives all that it prints."""

    def __init__(
        self, competitor: Competitor, size: Size, threads: int, log: Path, further: dict[str, str] | None = None
    ) -> None:
        settings = Settings(
            runtime=competitor.runtime,
            precision=competitor.precision,
            instruction_set=competitor.instruction_set,
            keep_memory=competitor.keep_memory,
            threads=threads,
            size=size.shape,
            weights=str(places.WEIGHTS),
            onnx=str(places.ONNX),
        )
        self.competitor = competitor
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as printed:
            self._process = subprocess.Popen(
                [str(environments.python_of(competitor.environment)), "-m", "peers.worker", settings.to_json()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=printed,
                text=True,
                env=environments.variables(threads, competitor.variables | (further or {})),
            )
        try:
            ready = self._answer()
        except WorkerFailed:
            self._process.kill()
            self._process.wait()
            raise
        self.load_seconds: float = ready["load_seconds"]
        self.description: dict[str, str] = ready["description"]

    def run(self) -> float:
        """Seconds that one inference took, by the worker's clock."""
        return float(self._ask("run")["seconds"])

    def write_logits(self, path: Path) -> None:
        self._ask(f"logits {path}")

    def idle_processor_seconds(self) -> float:
        """Processor time it used in the second that began a second after the last run."""
        return float(self._ask("idle")["processor_seconds"])

    def end(self) -> int:
        """Ends the process; returns its peak resident memory in bytes."""
        peak = int(self._ask("end")["peak_bytes"])
        self._process.wait()
        return peak

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerFailed(self._last_words()) from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerFailed(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        printed = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        status = self._process.wait()
        return f"status {status}: {printed[-1]}" if printed else f"status {status}, nothing printed"
