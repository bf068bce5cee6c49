"""How Windows programs take their command line apart: "Parsing C Command-Line Arguments" of Microsoft's
documentation, and CommandLineToArgvW."""


def split(line: str) -> list[str]:
    """All words, the program's first: in that one nothing is special but quotes around it."""
    if line.startswith('"'):
        program, _, rest = line[1:].partition('"')
    else:
        program, _, rest = line.partition(" ")
    words, word, quoted, slashes = [program], None, False, 0
    for letter in f"{rest} ":
        if letter == "\\":
            slashes += 1
            word = word or ""
            continue
        if letter == '"':
            word = (word or "") + "\\" * (slashes // 2)
            if slashes % 2:
                word += '"'
            else:
                quoted = not quoted
            slashes = 0
            continue
        if slashes:
            word, slashes = (word or "") + "\\" * slashes, 0
        if letter in " \t" and not quoted:
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + letter
    return words
