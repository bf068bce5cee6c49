"""Options that the servers have in common, and those of llamafile's `--server` (v1), as data.

Of the many that the real servers have, those are here and beside it that an installer may want to pass,
or that one server takes and another refuses. Source: llama.cpp/common.cpp of llamafile 0.9.3.
"""

from .flags import PROGRAMS, Options, stoi

MODEL = {"-m": "model", "--model": "model", "--chat-template": "chat_template"}
COUNTS = {
    "-c": "ctx_size",
    "--ctx-size": "ctx_size",
    "-t": "threads",
    "--threads": "threads",
    "-tb": "threads_batch",
    "--threads-batch": "threads_batch",
    "-ngl": "gpu_layers",
    "--n-gpu-layers": "gpu_layers",
}
PLACE = {"--host": "host", "-a": "alias", "--alias": "alias", "--api-key-file": "api_key_file"}
SLOTS = {"--port": "port", "-np": "parallel", "--parallel": "parallel"}

V1 = Options(
    switches={
        **dict.fromkeys(PROGRAMS),
        "--v2": None,  # of the arguments in the file it selects nothing
        "--nobrowser": None,
        "--log-disable": ("log", False),
        "--mlock": None,
        "-cb": None,
        "--cont-batching": None,
        "--slots-endpoint-disable": ("slots_endpoint", False),
        "--nocompile": None,
    },
    texts={**PLACE, **MODEL, "--gpu": "gpu"},
    numbers={**COUNTS, **SLOTS},
    number=stoi,
    unknown="error: unknown argument: {}",
    missing="error: invalid parameter for argument: {}",
)
