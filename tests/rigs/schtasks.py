"""Windows' schtasks.exe, as far as it is asked here: keeps tasks as files, and starts none.

It is put into the place of wine's, which knows few of a task's elements. With a file DENIED beside the tasks
it says what the real one says to those who may not have any.
"""

import itertools
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

TASKS = Path(r"C:\ProgramData\rig-tasks")
DENIED = "denied"
SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def main(words: list[str]) -> int:
    verb = words[0]
    options = dict(itertools.pairwise(words))
    task = TASKS / f"{options['/tn']}.xml"
    if verb != "/query" and (TASKS / DENIED).exists():
        print("ERROR: Access is denied.", file=sys.stderr)
        return 1
    if verb == "/create":
        assert "/f" in words
        data = Path(options["/xml"]).read_bytes()
        assert data.startswith(b"\xff\xfe"), "schtasks takes UTF-16 with its mark only"
        root = ET.fromstring(data)
        assert (
            root.tag == f"{SPACE}Task" and root.find(f"{SPACE}Actions/{SPACE}Exec/{SPACE}Command") is not None
        )
        TASKS.mkdir(exist_ok=True)
        task.write_bytes(data)
        return 0
    if not task.exists():
        print("ERROR: The system cannot find the file specified.", file=sys.stderr)
        return 1
    if verb == "/delete":
        task.unlink()
    elif "/xml" in words:
        text = task.read_bytes().decode("utf-16").replace("\n", "\r\n")
        sys.stdout.buffer.write(text.encode("cp437", "replace"))  # the console's code page
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
