# shellcheck shell=bash
# What the job scripts share; sourced by them from the repository's root, where they are submitted.
#
#   LAUNCHER   mpirun (default; MPICH's), srun, or a whole command with its flags
#   RANKS_PER  socket (default), numa or core: one rank for each; --ntasks-per-node sets a number
#   BIND       socket, numa, core or none: the cores that a rank may use; default: as RANKS_PER

job=${SLURM_JOB_NAME:-job}

# say TEXT: with the time, which the programs' own lines do not have.
say() { printf '%(%F %T)T %s: %s\n' -1 "$job" "$1"; }

stop_with() {
    say "$2" >&2
    exit "$1"
}

# program NAME: the path of one of the programs.
program() {
    local path=${BERT_PROGRAMS:-.build/release}/$1
    [[ -x $path ]] || stop_with 66 \
        "$path is missing in $PWD on $(hostname); run make build there, or set BERT_PROGRAMS"
    echo "$path"
}

# count_of WHAT: how many sockets, NUMA nodes or cores a node has; all nodes are taken to be alike.
count_of() {
    local column
    case $1 in
    socket) column=SOCKET ;;
    numa) column=NODE ;;
    core) column=CORE,SOCKET ;;
    *) stop_with 64 "RANKS_PER is socket, numa or core, not '$1'" ;;
    esac
    lscpu -p=$column | grep -v '^#' | sort -u | wc -l
}

# launch PROGRAM ARGUMENT...: PROGRAM on all nodes of the job, bound. Its status is the job's.
launch() {
    local per=${SLURM_NTASKS_PER_NODE:-} bind=${BIND:-${RANKS_PER:-socket}} ranks launcher
    [[ -n $per ]] || per=$(count_of "${RANKS_PER:-socket}") || exit
    ranks=$((per * SLURM_JOB_NUM_NODES))
    # On networked file systems HDF5's locks fail or hang; a run has one writer a file anyway.
    export HDF5_USE_FILE_LOCKING=${HDF5_USE_FILE_LOCKING:-FALSE}
    case ${LAUNCHER:-mpirun} in
    srun | mpirun) mapfile -t launcher < <("with_${LAUNCHER:-mpirun}" "$ranks" "$per" "$bind") ;;
    *) read -r -a launcher <<<"$LAUNCHER" ;;
    esac
    ((${#launcher[@]})) || exit 64
    say "${launcher[*]}"
    "${launcher[@]}" "$@"
}

# Linux gives memory from the NUMA node of the core that first writes to it: where ranks are bound to
# cores, nothing is to be said of memory.

# Without --mpi every rank would believe to be alone; without --kill-on-bad-exit a dead rank would
# leave the others waiting.
with_srun() {
    local cpus=$((${SLURM_CPUS_ON_NODE:-1} / $2)) unit
    case $3 in
    socket | core) unit=${3}s ;;
    numa) unit=ldoms ;;
    none) unit=none ;;
    *) stop_with 64 "BIND is socket, numa, core or none, not '$3'" ;;
    esac
    printf '%s\n' srun --mpi="${SRUN_MPI:-pmi2}" --kill-on-bad-exit=1 --ntasks="$1" \
        --ntasks-per-node="$2" --cpus-per-task="$((cpus > 0 ? cpus : 1))" --cpu-bind="$unit"
}

# SLURM starts one process a node for mpirun and may bind it, and with it all its ranks, to one core.
with_mpirun() {
    [[ $3 =~ ^(socket|numa|core|none)$ ]] ||
        stop_with 64 "BIND is socket, numa, core or none, not '$3'"
    printf '%s\n' env SLURM_CPU_BIND=none mpirun -n "$1" -ppn "$2"
    [[ $3 == none ]] || printf '%s\n' -bind-to "$3" -map-by "$3"
}

# again STATUS REASON: ends this job with STATUS after asking SLURM to queue it again, unless SLURM
# does so by itself or the job was cancelled meanwhile.
again() {
    if [[ $1 == 75 ]] && scontrol show config | grep -qE '^RequeueExit +=.*\b75\b'; then
        exit 75
    fi
    if scontrol -o show job "$SLURM_JOB_ID" | grep -q 'JobState=RUNNING'; then
        say "$2; asking SLURM to start job $SLURM_JOB_ID again"
        scontrol requeue "$SLURM_JOB_ID"
        sleep 60 # the requeue ends this script
    fi
    exit "$1"
}
