#!/bin/sh
# Runs bootstrap from the web, on Linux, macOS and the BSDs:
#
#     curl -fsSL ADDRESS/install.sh | sh
#     curl -fsSL ADDRESS/install.sh | sh -s -- --model qwen3-0.6b
#
# It downloads the program that is made for this machine into a private directory, compares its checksum,
# starts it with the options given, and removes it: the program itself installs what is to stay.
# BOOTSTRAP_RELEASE is another place to download it from. For any POSIX shell.

main() {
    # zsh splits words and keeps traps as POSIX wants it only when it is told to
    [ -z "${ZSH_VERSION-}" ] || emulate sh
    release=${BOOTSTRAP_RELEASE:-@RELEASE@}
    release=${release%/}
    directory='' running=''
    # With `sh -s` standard input is this script, which is nothing for the program to read.
    case $- in *s*) piped=yes ;; *) piped='' ;; esac

    check_address
    find_name
    trap clean EXIT
    trap 'stop 129' HUP
    trap 'stop 130' INT
    trap 'stop 131' QUIT
    trap 'stop 141' PIPE
    trap 'stop 143' TERM
    make_directory
    get SHA256SUMS
    find_sum
    if [ "$name" = bootstrap.pyz ]; then
        find_python
    fi
    printf 'downloading %s …\n' "$name" >&2
    get "$name"
    check_sum
    if [ "$name" = bootstrap.pyz ]; then
        set -- "$python" "$directory/$name" "$@"
    else
        chmod 700 "$directory/$name"
        set -- "$directory/$name" "$@"
    fi

    # A terminal sends its signals to the program too, and the program knows what to do with them. It stays in
    # the foreground: in the background it would be deaf to Ctrl-C.
    trap : HUP INT QUIT PIPE TERM
    result=0
    start "$@" || result=$?
    # ksh93 and yash say 256 + n and 384 + n of a program that signal n has ended
    [ "$result" -lt 256 ] || result=$((128 + result % 128))
    exit "$result"
}

fail() {    # fail MESSAGE HINT [STATUS]
    printf 'error: %s\nhelp: %s\n' "$1" "$2" >&2
    exit "${3:-1}"
}

clean() {
    [ -z "$directory" ] || rm -rf "$directory"
    directory=''
}

# shellcheck disable=SC2317  # the traps call it
stop() {    # stop STATUS: a signal came
    trap '' HUP INT QUIT PIPE TERM
    [ -z "$running" ] || kill "$!" 2>/dev/null
    trap - EXIT    # with it, mksh forgets the status
    clean
    exit "$1"
}

has() { command -v "$1" >/dev/null 2>&1; }

# Nobody on the way may exchange the checksums together with the program.
check_address() {
    case $release in
        https://?*) protocol='=https' ;;
        @*)
            fail 'this script has no address to download from' \
                'set BOOTSTRAP_RELEASE to the https address of a release' 2
            ;;
        http://*@*) protocol='' ;;    # http://127.0.0.1:80@example.org is not this machine
        http://127.0.0.1[:/]* | http://localhost[:/]* | http://'[::1]'[:/]*) protocol='=http' ;;
        *) protocol='' ;;
    esac
    [ -n "$protocol" ] ||
        fail "BOOTSTRAP_RELEASE is $release, which is no https address" 'give it one that begins with https://' 2
}

# Sets name to the file of the release that this machine can run, and why, should it be the one for Python.
find_name() {
    os=$(uname -s)
    processor=$(uname -m)
    why="there is no program for $os on $processor"
    case $os in
        Linux) os=linux ;;
        FreeBSD) os=freebsd ;;
        NetBSD) os=netbsd ;;
        OpenBSD) os=openbsd ;;
        Darwin)
            os=macos
            # a shell that Rosetta translates is told of the processor that it is translated from
            if [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then processor=arm64; fi
            ;;
        MINGW* | MSYS* | CYGWIN*)
            fail 'this is Windows, which has a script of its own' \
                "in PowerShell: irm $release/install.ps1 | iex"
            ;;
    esac
    case $processor in
        x86_64 | amd64) processor=amd64 ;;
        aarch64 | arm64) processor=arm64 ;;
    esac
    name=bootstrap-$os-$processor
    if [ "$os" = linux ] && ! has_glibc; then
        why="this Linux has no GNU C library for $processor"
        name=bootstrap.pyz
    fi
}

# What the programs for Linux need. Alpine and Android have another one, and a system of 32 bits has none for
# the 64 bits of its kernel.
has_glibc() {
    case $processor in
        amd64) loader=/lib64/ld-linux-x86-64.so.2 ;;
        arm64) loader=/lib/ld-linux-aarch64.so.1 ;;
        *) return 0 ;;    # no program is made for it anyway
    esac
    [ -e "$loader" ] || return 1
    [ "$(getconf LONG_BIT 2>/dev/null)" != 32 ] || return 1
    case $(ldd --version 2>&1) in *musl*) return 1 ;; esac
    return 0
}

# Makes the private directory, in a place where programs start: /tmp may be mounted noexec.
make_directory() {
    temporary=${TMPDIR:-/tmp}
    case $temporary in /*) ;; *) temporary=$PWD/$temporary ;; esac
    if make_directory_in "$temporary"; then return; fi
    cache=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}
    mkdir -p "$cache" 2>/dev/null
    if make_directory_in "$cache"; then
        # the program unpacks itself where TMPDIR says, and needs the same of that place
        TMPDIR=$directory
        export TMPDIR
        return
    fi
    fail "programs can be put and started neither in $temporary nor in $cache" \
        'set TMPDIR to a directory of yours on a disk that is not mounted noexec'
}

make_directory_in() {
    directory=$(mktemp -d "$1/bootstrap.XXXXXX" 2>/dev/null) || directory=''
    [ -n "$directory" ] || return 1
    if [ "$name" = bootstrap.pyz ] || starts_programs; then return 0; fi
    clean
    return 1
}

starts_programs() {
    printf '#!/bin/sh\n' >"$directory/probe" && chmod 700 "$directory/probe" &&
        "$directory/probe" </dev/null 2>/dev/null
}

# get NAME: a file of the release, into the directory. In the background, because a shell that waits for a
# program in the foreground hears of a signal only when that program has ended.
get() {
    has curl || has wget || has fetch || has ftp ||
        fail 'nothing is here to download with' 'install curl, and run this again'
    running=yes
    download "$release/$1" </dev/null >"$directory/$1" &
    wait "$!" ||
        fail "$release/$1 could not be downloaded" 'look at the network and the proxy, and run this again'
    running=''
}

# download URL: to standard output, because curl from a snap cannot write to this directory
download() {
    if has curl; then
        exec curl --fail --silent --show-error --location --proto "$protocol" --tlsv1.2 "$1"
    elif has wget; then
        exec wget -q -O - "$1"
    elif has fetch; then    # FreeBSD
        exec fetch -q -o - "$1"
    else                    # NetBSD, OpenBSD
        exec ftp -V -o - "$1"
    fi
}

# Sets sum to the checksum that the release promises for name, or for the program for Python, if it has none.
find_sum() {
    promised "$name"
    if [ -z "$sum" ] && [ "$name" != bootstrap.pyz ]; then
        missing=$name name=bootstrap.pyz
        promised "$name"
        [ -n "$sum" ] || name=$missing
    fi
    [ -n "$sum" ] ||
        fail "$release/SHA256SUMS has no checksum for $name: nothing was started" 'run this again later'
}

promised() {
    sum=''
    while read -r digits file; do
        if [ "$file" = "$1" ] && is_sum "$digits"; then sum=$digits; return; fi
    done <"$directory/SHA256SUMS"
}

# a to f, written out: in some languages [a-f] has capitals, too
is_sum() {
    [ "${#1}" -eq 64 ] || return 1
    case $1 in *[!0123456789abcdef]*) return 1 ;; esac
}

# The tools get the file as their input: what they say of a name may be quoted in one way or another.
check_sum() {
    file=$directory/$name
    if has sha256sum; then said=$(sha256sum <"$file")
    elif has shasum; then said=$(shasum -a 256 <"$file")    # macOS
    elif has sha256; then said=$(sha256 -q <"$file")        # the BSDs
    elif has openssl; then said=$(openssl dgst -sha256 <"$file")
    else
        fail 'nothing is here to compare the checksum with: nothing was started' \
            'install sha256sum, shasum or openssl, and run this again'
    fi
    for word in $said; do
        if [ "$word" = "$sum" ]; then return; fi
    done
    fail "$name has a wrong checksum: nothing was started" \
        'run this again later; if it stays so, do not trust this address'
}

# Sets python to one that can run the program.
find_python() {
    for python in python3 python3.15 python3.14 python3.13 python3.12 python3.11 python; do
        if has "$python" &&
            "$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' </dev/null 2>/dev/null; then
            return
        fi
    done
    fail "$why, so Python is needed, 3.11 or newer" 'install it as python3, and run this again'
}

# start PROGRAM ARGUMENT...
start() {
    if [ -z "$piped" ]; then
        "$@"
    elif (: </dev/tty) 2>/dev/null; then
        "$@" </dev/tty
    else
        "$@" </dev/null
    fi
}

# The last line starts it all, and half of this line starts nothing: a download can be cut off anywhere.
{ main "$@"; }
