# shellcheck shell=bash
# Differences between MPI launchers; to be sourced.

# launcher_family MPIRUN: prints the MPI of a launcher: openmpi, mpich (including Intel MPI and
# other derivatives) or other.
launcher_family() {
    case $("$1" --version 2>&1 </dev/null | head -n 5) in
    *'Open MPI'* | *OpenRTE* | *PRRTE* | *prterun*) echo openmpi ;;
    *HYDRA* | *Hydra* | *MPICH* | *Intel*MPI*) echo mpich ;;
    *) echo other ;;
    esac
}

# launcher_problem MPIRUN...: prints the reason if it cannot start ranks, and fails with the
# matching status.
launcher_problem() {
    if ! command -v "$1" >/dev/null; then
        echo "there is no launcher '$1': install the one of your MPI (Debian packages mpich, openmpi-bin)," \
            "load its module, or name it (MPIRUN=/path/to/mpirun)"
        return 69 # EX_UNAVAILABLE
    fi
    [[ $(launcher_family "$1") == openmpi ]] || return 0
    if [[ $(id -u) == 0 && " $* " != *' --allow-run-as-root '* &&
        -z ${OMPI_ALLOW_RUN_AS_ROOT:+${OMPI_ALLOW_RUN_AS_ROOT_CONFIRM:-}} ]]; then
        echo "Open MPI's $1 refuses to start ranks as root, because a mistake of theirs could damage the" \
            "system. Be another user, or, in a container or on a machine of your own, allow it:" \
            "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"
        return 77 # EX_NOPERM
    fi
}

# launcher_flags MPIRUN: prints the flags with which it starts any number of ranks on this machine,
# as MPICH's does without flags. Open MPI counts cores, not hardware threads, and rejects more ranks
# than cores. It also binds each rank to one core, but ranks have threads.
launcher_flags() {
    [[ $(launcher_family "$1") != openmpi ]] || echo "--oversubscribe --bind-to none"
}
