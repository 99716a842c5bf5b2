"""Mistakes that a user, or a script, can make on a command line; each is certain to be one, whatever chance draws."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fuzzed_run import write_run

from attnbench.check_options import CHECK_AXES, CHECK_OPTIONS
from attnbench.limits import LIMITS
from suites.axes import AXES
from suites.parsers import Flag, Positive, Share, Whole

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from suites.option import Option

    Mistake = Callable[[random.Random], tuple[str, ...]]

#: A byte that is no UTF-8, as Python gives it to a program.
NO_UTF8 = os.fsdecode(b"\xff")
DIGITS = "9" * 5000
NO_NUMBER = ("", " ", "x", "1.5.2", "0x1f", "one", NO_UTF8, "1\n2", "\x1b[2J", "1,,2x", "²")
NO_WHOLE = (*NO_NUMBER, "1.5", "1e3", "nan", "-inf", DIGITS, f"-{DIGITS}", "-1", "0")
NO_POSITIVE = (*NO_NUMBER, "nan", "inf", "-inf", "-1", "0", "1e400", DIGITS, f"-{DIGITS}", "10s", "5 %")
NO_NAME = ("", " ", "nonesuch", NO_UTF8, "x" * 100_000, "../../outside", "a\nb", "\x1b[2J\u202e", "=1+1", DIGITS, "a b")
#: What ``write_place`` makes, and what it does not make.
NO_RUN = (
    "missing",
    "pipe",
    "plain.txt",
    "empty",
    "",
    NO_UTF8,
    "x" * 5000,
    "link",
    "plain.txt/run",
    "/dev/null",
    "loop",
)
NO_FILE = (
    "missing.json",
    "pipe",
    "empty",
    "",
    NO_UTF8,
    "x" * 5000,
    "link",
    "broken.json",
    "plain.txt/a",
    "loop",
    "run",
)
NO_PLUGIN = (
    *("missing.py", "pipe", "pipe.py", "empty", "", NO_UTF8, "x" * 5000 + ".py", "link", "plain.txt", "nothing.py"),
    *("fails.py", "syntax.py", "leaves.py", "dies.py", "no.such.module", "..", "a/b", "bytes.py"),
)
TAKEN = ("run", "plain.txt", "plain.txt/run", "pipe", "empty", "", "link/run", "x" * 5000)
#: Values that are right by themselves, to stand beside a wrong one.
RIGHT = (("--host", "none"), ("--impl", "se"), ("--dtype", "float32"), ("--seeds", "1"), ("--quiet",))
OPTIONS = ("--frobnicate", "--impll=se", "-z", "--out-", f"--{NO_UTF8}", "---", "--=", "--quick=3", f"--{'x' * 5000}")
SUITES = ("complexity", "latency", "memory", "overflow", "accuracy", "operators", "epoch", "train")
COMMANDS = (
    *("list", "run", "report", "compare", "history", "import", "export", "paper", "check", "baseline", "audit"),
    *("data", "doctor"),
)


def write_place(place: Path) -> None:
    """Make the folder that the commands run in: a good run, and much that is none."""
    write_run(place / "run")
    (place / "empty").mkdir()
    (place / "plain.txt").write_text("nothing\n")
    (place / "broken.json").write_text('{"benchmarks": [')
    os.mkfifo(place / "pipe")
    os.mkfifo(place / "pipe.py")
    (place / "link").symlink_to(place / "nowhere")
    (place / "loop").symlink_to(place / "loop")
    (place / "nothing.py").write_text("x = 1\n")
    (place / "fails.py").write_text("raise ValueError('a\\nb')\n")
    (place / "syntax.py").write_text("def f(:\n")
    (place / "leaves.py").write_text("import os\nos._exit(0)\n")
    (place / "dies.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    (place / "bytes.py").write_bytes(b"x = '\xff'\n\x00")


def wrong_value(draw: random.Random) -> tuple[str, ...]:
    """Give an option of a run or of a check a value that it cannot have."""
    table = draw.choice(("run", "run", "run", "check"))
    options = (*AXES, *LIMITS) if table == "run" else (*CHECK_AXES, *CHECK_OPTIONS)
    option = draw.choice([each for each in options if _wrong(each)])
    value = draw.choice(_wrong(option))
    command = ("run", _suite_for(option)) if table == "run" else ("check", "--against", "main")
    between = draw.choice(RIGHT) if table == "run" and draw.randrange(2) else ()
    given = (f"{option.flag}={value}",) if draw.randrange(2) else (option.flag, value)
    others = () if between[:1] == (option.flag,) else between
    return (*command, *others, *given)


def _suite_for(option: Option) -> str:
    return next((suite for suite in option.suites if suite in SUITES), "complexity")


def _wrong(option: Option) -> tuple[str, ...]:
    """Return values that an option cannot have; none: any text may be one."""
    match option.parse:
        case Whole():
            return NO_WHOLE
        case Positive() | Share():
            return NO_POSITIVE
        case Flag():
            return ("",)
        case _:
            return {"plugins": NO_PLUGIN, "data": ()}.get(option.name, NO_NAME)


def wrong_option(draw: random.Random) -> tuple[str, ...]:
    """Give a command an option that it does not have."""
    return (draw.choice(COMMANDS), draw.choice(OPTIONS))


def wrong_command(draw: random.Random) -> tuple[str, ...]:
    """Name no command, or none that there is."""
    return (draw.choice(NO_NAME), *draw.sample(("run", "--quick", "se"), draw.randrange(3)))


def wrong_suite(draw: random.Random) -> tuple[str, ...]:
    """Name a suite that there is not."""
    return ("run", *draw.sample(SUITES, draw.randrange(2)), draw.choice(NO_NAME), "--quick")


def wrong_run(draw: random.Random) -> tuple[str, ...]:
    """Give a command a run that is none."""
    wrong = draw.choice(NO_RUN)
    missing = wrong if wrong not in ("empty", "") else "missing"
    return draw.choice(
        (
            ("report", wrong),
            ("compare", "run", wrong),
            ("compare", wrong, "run"),
            ("history", missing),
            ("export", "--pytest-benchmark", wrong),
            ("baseline", "set", wrong),
            ("baseline", "show", wrong or "x"),
            ("run", "--resume", wrong),
        )
    )


def wrong_file(draw: random.Random) -> tuple[str, ...]:
    """Give a command a file to read that cannot be read, or a place to write to that is taken."""
    return draw.choice(
        (
            ("import", draw.choice(NO_FILE)),
            ("export", "run", "--pytest-benchmark", "--out", draw.choice(("plain.txt/a", "empty", "", "link/a"))),
            ("run", "complexity", "--impl", "none", "--out", draw.choice(TAKEN)),
            ("paper", "senet", "--speed", "--out", draw.choice(TAKEN)),
            ("audit", "--plugin", draw.choice(NO_PLUGIN)),
            ("list", "--plugin", draw.choice(NO_PLUGIN)),
            ("run", draw.choice(SUITES), "--plugin", draw.choice(NO_PLUGIN)),
        )
    )


def wrong_word(draw: random.Random) -> tuple[str, ...]:
    """Give a command a word that it does not know."""
    word = draw.choice(NO_NAME)
    return draw.choice(
        (
            ("report", "run", "--format", word),
            ("report", "run", "--suite", word),
            ("compare", "run", "run", "--format", word),
            ("history", "run", "--format", word),
            ("history", "run", "--p-value", draw.choice((*NO_POSITIVE, "1", "2"))),
            ("paper", word),
            ("paper", "psk", "--table", draw.choice(("", "x", "99", "-1", DIGITS, "2.0", NO_UTF8))),
            ("paper", "psk", "--format", word),
            ("baseline", word),
            ("baseline", "set", "run", "--name", word),
            ("baseline", "show", word),
            ("audit", "--impl", word),
            ("audit", "--format", word),
            ("data", word),
            ("doctor", word),
            ("list", word),
            ("export", "run", word),
        )
    )


def wrong_case(draw: random.Random) -> tuple[str, ...]:
    """Ask for a case that cannot be."""
    wrong = (
        *("se:reduction=0", "se:reduction=-4", "se:", "se:=", "se:reduction", "se:reduction=4,reduction=8", "se:x=1"),
        *(
            "se:reduction=nan",
            f"se:reduction={DIGITS}",
            "se:reduction=[4,8]",
            "se:reduction=1e400",
            ":",
            "se::",
            "[",
        ),
        *("sk/softmax:normalizer=se", "none:x=1", "se:reduction=4,"),
    )
    return draw.choice(
        (
            ("run", "complexity", "--impl", draw.choice(wrong)),
            ("run", "complexity", "--device", f"cuda:{DIGITS}"),
            ("run", "latency", "--device", draw.choice(("cuda:-1", "cuda:", "cpu:0", "cuda:1.5", "tpu", "cpu,gpu"))),
            ("run", "latency", "--device", "cpu", "--timing", "cold"),
            ("run", "latency", "--host", "resnet50", "--slot", draw.choice(("block_output@4,4", "x@4", "@", "gate@9"))),
            ("run", "latency", "--host", "none", "--slot", "block_output"),
            ("run", "latency", "--logits", "4096x1000"),
            ("run", "operators", "--logits", draw.choice(("0x0", "x", "1x1@9", f"{DIGITS}x2", "-1x2", "", "2x3@"))),
            ("run", "complexity", "--mode", "compiled"),
            ("run", "epoch", "--dataset", draw.choice(NO_NAME)),
            ("run", "train", "--recipe", draw.choice(NO_NAME)),
        )
    )


def contradiction(draw: random.Random) -> tuple[str, ...]:
    """Ask for two things that exclude each other, or for one thing twice."""
    return draw.choice(
        (
            ("run", "--resume", "run", "--out", "other"),
            ("run", "latency", "--resume", "run"),
            ("run", "--resume", "run", "--quick"),
            ("run", "--trust", "complexity"),
            ("run", "--budget", "1", "--budget", "2"),
            ("run", "--out", "a", "--out", "b"),
            ("run", "--resume", "run", "--resume", "run"),
            ("run", "--threads", "1", "--threads", "1"),
            ("report", "run", "--format", "md", "--format", "csv"),
            ("report", "run", "--format", "md", "--suite", "latency"),
            ("report", "run", "run"),
            ("audit", "--compile", "--no-compile"),
            ("doctor", "--json", "--json"),
            ("paper", "--all", "psk"),
            ("paper", "--all", "--table", "2"),
            ("paper", "--speed"),
            ("paper", "senet", "--speed", "--as-published"),
            ("paper", "psk", "--ops"),
            ("paper", "psk", "--table", "2", "--budget", "1"),
            ("compare", "run"),
            ("compare",),
            ("report",),
            ("import",),
            ("import", "broken.json", "broken.json"),
            ("history",),
            ("baseline", "set"),
            ("baseline", "list", "run"),
            ("check",),
            ("check", "--against", "main", "--baseline", "x"),
            ("check", "--limits"),
            ("check", "--against", draw.choice(NO_NAME)),
            ("check", "--baseline", draw.choice(NO_NAME)),
            ("check", "--instructions", "--baseline", "x"),
        )
    )


MISTAKES: tuple[Mistake, ...] = (
    *(wrong_value, wrong_value, wrong_value, wrong_option, wrong_command, wrong_suite, wrong_run, wrong_run),
    *(wrong_file, wrong_file, wrong_word, wrong_word, wrong_case, wrong_case, contradiction, contradiction),
)
