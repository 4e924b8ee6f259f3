# shellcheck shell=bash
# Common part of both test beds; to be sourced. Each runs in namespaces of its own: process ids,
# mounts, network, host name and System V memory. When the first process in them ends, for any
# reason, the kernel kills all others and removes mounts and interfaces, so nothing is left behind.
#
# The script that sources this defines `problem` (prints why it cannot run here) and `inside
# COMMAND...`, the first process in the namespaces. That process calls `own_files`, writes
# $state/environment, which defines `within COMMAND...` to run a command in the test bed, prints
# "ready" and runs COMMAND.

testbed=$(basename "$0")
# Folder of the test bed's files: in memory that only its namespaces see and that is freed with
# them.
state=/media
# File in which `start` records its keeper, the process that holds the namespaces.
keeper_file=${BERT_TESTBED:-/run/bert-testbed}-$testbed.keeper

fail() {
    echo "testbed/$testbed: $1" >&2
    exit "${2:-69}" # EX_UNAVAILABLE
}

own_files() { mount -t tmpfs -o size=256m,mode=755 testbed "$state" || fail "no tmpfs" 70; }

manual() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# has COMMAND...: succeeds if all of them exist.
has() {
    local command
    for command; do command -v "$command" >/dev/null || return 1; done
}

# missing_rights: prints the reason if namespaces cannot be created.
missing_rights() {
    if [[ $(id -u) != 0 ]]; then
        echo "not root: namespaces for processes and networks need it"
    elif ! has unshare nsenter setpriv; then
        echo "no unshare, nsenter or setpriv (Debian package util-linux)"
    elif ! unshare --mount --pid --net --uts --ipc --fork --mount-proc true 2>/dev/null; then
        echo "this kernel or container does not let root make namespaces"
    fi
}

# in_namespaces COMMAND...: runs this script's `inside` in namespaces of its own.
in_namespaces() {
    exec ${guard[@]+"${guard[@]}"} unshare --mount --pid --net --uts --ipc --fork --kill-child=KILL \
        --mount-proc -- "$0" inside "$@"
}

# alone COMMAND...: runs COMMAND in a test bed of its own, removed when it ends. Its exit status is
# COMMAND's.
alone() {
    local keeper status=0
    if (($# == 0)); then
        in_namespaces "${SHELL:-bash}"
    fi
    # If this process is killed, so are unshare and everything in the namespaces.
    guard=(setpriv --pdeathsig KILL)
    (in_namespaces "$@") <&0 &
    keeper=$!
    trap 'kill -KILL $keeper 2>/dev/null; exit 130' INT TERM HUP
    wait $keeper || status=$?
    trap - INT TERM HUP
    return $status
}

running_keeper() {
    local pid
    pid=$(cat "$keeper_file" 2>/dev/null) || return 1
    [[ $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) == *unshare*"$testbed inside"* ]] || return 1
    echo "$pid"
}

start() {
    local pid
    pid=$(running_keeper) && fail "already started (process $pid)"
    guard=(setsid)
    (in_namespaces sleep infinity) </dev/null >"$keeper_file.log" 2>&1 &
    pid=$!
    disown
    echo "$pid" >"$keeper_file"
    for ((i = 0; i < 300; i++)); do
        if grep "^testbed/$testbed: ready" "$keeper_file.log"; then return; fi
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$keeper_file.log" >&2
    stop
    fail "it did not start"
}

stop() {
    local pid
    if pid=$(running_keeper); then kill -KILL "$pid"; fi
    rm -f "$keeper_file" "$keeper_file.log"
}

# enter KEEPER COMMAND...: runs COMMAND in the test bed that `start` made.
enter() {
    local namespaces=/proc/$1/ns
    shift
    # shellcheck disable=SC2016 # for the bash in there to expand
    exec nsenter --mount="$namespaces/mnt" --net="$namespaces/net" --uts="$namespaces/uts" \
        --ipc="$namespaces/ipc" --pid="$namespaces/pid_for_children" -- \
        bash -c 'cd "$1" && source "$2" && within "${@:3}"' enter "$PWD" "$state/environment" "$@"
}

# main COMMAND ARGUMENT...
main() {
    local command=${1:-} why pid
    shift || true
    case $command in
    inside)
        inside "$@"
        return
        ;;
    stop)
        stop
        return
        ;;
    check | start | run)
        why=$(problem)
        [[ -z $why ]] || fail "cannot run here: $why"
        [[ $command != check ]] || return 0
        ;;
    --help | -h)
        manual
        return
        ;;
    *)
        manual >&2
        exit 64
        ;;
    esac
    if [[ $command == start ]]; then
        start
    elif pid=$(running_keeper); then
        (($#)) || set -- "${SHELL:-bash}"
        enter "$pid" "$@"
    else
        alone "$@"
    fi
}
