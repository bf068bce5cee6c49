"""The options of `--server --v2`, as data. Source: llamafile/flags.cpp of llamafile 0.9.3."""

from .flags import Options, atoi
from .options import COUNTS, MODEL

V2 = Options(
    switches={
        "--server": None,
        "--v2": None,
        "--nologo": None,
        "--ascii": None,
        "-v": None,
        "--verbose": None,
        "--log-disable": None,  # its own lines go to stderr all the same
        "--mlock": None,  # taken, but the model is loaded without it
        "--no-mmap": None,
        "--no-warmup": None,
        "--nocompile": None,
        "--recompile": None,
        "--unsecure": None,
    },
    texts={
        **MODEL,
        "-l": "listen",
        "--listen": "listen",
        "--db": "db",  # nothing but the chat in the terminal opens it
        "--url-prefix": "url_prefix",
        "--gpu": "gpu",
    },
    numbers={
        **COUNTS,
        "--gpu-layers": "gpu_layers",
        "-s": "parallel",
        "--slots": "parallel",
        "-w": "workers",
        "--workers": "workers",
    },
    number=atoi,
    unknown="llamafile: {} unknown argument",
    missing="llamafile: {} missing argument",
    defaults={"listen": "127.0.0.1:8080", "model": ""},
    ends_at_word=True,
)
