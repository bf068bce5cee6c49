"""The options of llama.cpp's own server, alone and in llamafile 0.10, as data.

Sources: tools/server/README.md of llama.cpp; docs/cli_arguments.md and llamafile/args.cpp of llamafile 0.10.
"""

from .flags import Options, stoi_caught
from .options import COUNTS, MODEL, PLACE, SLOTS

_NATIVE_SWITCHES = {
    "-cb": None,
    "--cont-batching": None,
    "-nocb": None,
    "--no-cont-batching": None,
    "--log-disable": ("log", False),
    "--offline": None,
    "--jinja": None,
    "--no-jinja": None,
    "--no-warmup": None,
    "--context-shift": None,
    "--no-context-shift": None,
    "--slots": ("slots_endpoint", True),
    "--no-slots": ("slots_endpoint", False),
    "--webui": ("web", True),
    "--no-webui": ("web", False),
    "--embedding": ("embeddings", True),
    "--embeddings": ("embeddings", True),
}
_NATIVE_TEXTS = {**PLACE, **MODEL, "--api-key": "api_key", "--pooling": "pooling"}
_NATIVE_NUMBERS = {**COUNTS, **SLOTS, "--gpu-layers": "gpu_layers"}

# llama.cpp of late: b11100 took --mlock away, --load-mode is there instead.
LLAMA_SERVER = Options(
    switches={**_NATIVE_SWITCHES, "--ui": ("web", True), "--no-ui": ("web", False)},
    texts={**_NATIVE_TEXTS, "-lm": "load_mode", "--load-mode": "load_mode"},
    numbers=_NATIVE_NUMBERS,
    number=stoi_caught,
    unknown="error: invalid argument: {}",
    missing="error: {}: expected value for argument",
    defaults={"model": "", "port": 9931, "ctx_size": 0, "parallel": -1},
    environment={
        "LLAMA_ARG_HOST": "--host",
        "LLAMA_ARG_PORT": "--port",
        "LLAMA_ARG_MODEL": "--model",
        "LLAMA_ARG_ALIAS": "--alias",
        "LLAMA_ARG_CTX_SIZE": "--ctx-size",
        "LLAMA_ARG_N_PARALLEL": "--parallel",
        "LLAMA_ARG_THREADS": "--threads",
        "LLAMA_ARG_POOLING": "--pooling",
        "LLAMA_ARG_API_KEY_FILE": "--api-key-file",
        "LLAMA_API_KEY": "--api-key",
    },
)

# llamafile 0.10 takes its own options out and hands the others on; --mlock is either llama.cpp's, or
# turned into --load-mode.
LLAMAFILE_0_10 = Options(
    switches={
        **_NATIVE_SWITCHES,
        **dict.fromkeys(("--server", "--nologo", "--ascii", "--unsecure", "--confine-reads")),
        "--mlock": None,
        "--no-mmap": None,
    },
    texts={**_NATIVE_TEXTS, "--gpu": "gpu"},
    numbers=_NATIVE_NUMBERS,
    number=stoi_caught,
    unknown=LLAMA_SERVER.unknown,
    missing=LLAMA_SERVER.missing,
    defaults={**LLAMA_SERVER.defaults, "port": 8080},
    environment=LLAMA_SERVER.environment,
)
