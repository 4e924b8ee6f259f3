# shellcheck shell=bash
# Common part of the job scripts, which source it from the repository's root, where they are submitted.
#
#   LAUNCHER   mpirun (default; MPICH's or Open MPI's), srun, or a whole command with its flags
#   RANKS_PER  socket (default), numa or core: one rank for each; --ntasks-per-node sets a number
#   BIND       socket, numa, core or none: the cores that a rank may use; default: as RANKS_PER

# Outside a job they print their help.
if [[ -z ${SLURM_JOB_ID:-} ]]; then
    script=${0##*/}
    if [[ ${1:-} == --help || ${1:-} == -h ]]; then
        sed -n '2,/^#SBATCH/{/^#SBATCH/d;s/^# \{0,1\}//p}' "$0"
        exit 0
    fi
    echo "${script%.*}: this is a job script of SLURM: submit it (sbatch Cluster/$script ...; --help explains)." \
        "Without SLURM, start the programs with mpirun, or Cluster/launch" >&2
    exit 64
fi
# shellcheck source=Cluster/mpi.sh
source Cluster/mpi.sh

job=${SLURM_JOB_NAME:-job}
# Name of this job for scontrol. The array's number, which one of its tasks also has, would select
# all tasks.
id=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}
id=${id:-$SLURM_JOB_ID}

# say TEXT: prints it with the time, which the programs' own lines do not have.
say() { printf '%(%F %T)T %s: %s\n' -1 "$job" "$1"; }

stop_with() {
    say "$2" >&2
    exit "$1"
}

# program NAME: prints the path of one of the programs.
program() {
    local path=${BERT_PROGRAMS:-.build/release}/$1
    [[ -x $path ]] || stop_with 66 \
        "$path is missing in $PWD on $(hostname); run make build there, or set BERT_PROGRAMS"
    echo "$path"
}

# count_of WHAT: prints the number of sockets, NUMA nodes or cores per node; all nodes are assumed
# to be alike.
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

# array_part: sets `part` and `parts`: the index, from 0, of this task in the array and the number
# of tasks; 0 of 1 without an array.
# shellcheck disable=SC2034 # they are for those who call it
array_part() {
    local first=${SLURM_ARRAY_TASK_MIN:-0} step=${SLURM_ARRAY_TASK_STEP:-1}
    part=$(((${SLURM_ARRAY_TASK_ID:-0} - first) / step))
    parts=${SLURM_ARRAY_TASK_COUNT:-1}
    (((${SLURM_ARRAY_TASK_MAX:-0} - first) / step + 1 == parts)) ||
        stop_with 64 "the array is not a range such as 0-3: its tasks do not know their parts"
}

# launch PROGRAM ARGUMENT...: runs PROGRAM on all nodes of the job, bound. Its status is the job's.
launch() {
    local per=${SLURM_NTASKS_PER_NODE:-} bind=${BIND:-${RANKS_PER:-socket}} ranks launcher
    [[ -n $per ]] || per=$(count_of "${RANKS_PER:-socket}") || exit
    ranks=$((per * SLURM_JOB_NUM_NODES))
    # On networked file systems, HDF5's locks fail or hang; a run has one writer per file anyway.
    export HDF5_USE_FILE_LOCKING=${HDF5_USE_FILE_LOCKING:-FALSE}
    case ${LAUNCHER:-mpirun} in
    srun | mpirun) mapfile -t launcher < <("with_${LAUNCHER:-mpirun}" "$ranks" "$per" "$bind") ;;
    *) read -r -a launcher <<<"$LAUNCHER" ;;
    esac
    ((${#launcher[@]})) || exit 64
    say "${launcher[*]}"
    "${launcher[@]}" "$@"
}

# Linux allocates memory on the NUMA node of the core that first writes to it, so ranks that are
# bound to cores need no memory binding.

# Without --mpi, every rank would run as if it were alone; without --kill-on-bad-exit, a dead rank
# would leave the others waiting.
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

# SLURM starts one process per node for mpirun and may bind it, and therefore all its ranks, to one
# core.
with_mpirun() {
    [[ $3 =~ ^(socket|numa|core|none)$ ]] ||
        stop_with 64 "BIND is socket, numa, core or none, not '$3'"
    local why
    why=$(launcher_problem mpirun) || stop_with $? "$why"
    printf '%s\n' env SLURM_CPU_BIND=none mpirun -n "$1"
    if [[ $(launcher_family mpirun) == openmpi ]]; then
        with_openmpi "$2" "$3"
    else
        printf '%s\n' -ppn "$2"
        [[ $3 == none ]] || printf '%s\n' -bind-to "$3" -map-by "$3"
    fi
}

# Open MPI takes the slots of a node from SLURM's tasks, which may be fewer than ranks, and sets the
# number of ranks per node by their mapping.
with_openmpi() {
    local map=node per=$1 units variable
    if [[ $2 != none ]]; then
        units=$(count_of "$2") || exit
        if ((per % units == 0)); then map=$2 per=$((per / units)); fi
    fi
    # It also rejects more ranks than cores, unless told otherwise.
    local bind=$2
    [[ $bind == none ]] || bind+=:overload-allowed
    printf '%s\n' --map-by "ppr:$per:$map:OVERSUBSCRIBE" --bind-to "$bind"
    for variable in HDF5_USE_FILE_LOCKING SLURM_JOB_END_TIME OMP_NUM_THREADS OPENBLAS_NUM_THREADS; do
        [[ -z ${!variable:-} ]] || printf '%s\n' -x "$variable"
    done
}

# launch_until_done PROGRAM ARGUMENT...: launches a program that resumes where it was stopped, and
# ends this job with its status, after requesting a requeue from SLURM if a restart would make
# progress.
launch_until_done() {
    local end failures=slurm-$id.failures status count
    say "job $id on $SLURM_JOB_NODELIST, start number $((${SLURM_RESTART_COUNT:-0} + 1))"

    # Lets the program stop early enough by itself. Newer versions of SLURM set it, older ones do
    # not.
    end=$(scontrol -o show job "$id" | sed -nE 's/.* EndTime=([0-9]+-[0-9T:-]+) .*/\1/p')
    if [[ -n $end ]]; then SLURM_JOB_END_TIME=$(date --date "$end" +%s) && export SLURM_JOB_END_TIME; fi

    # Counts consecutive failures that are worth a retry, over the starts of this job.
    ((${SLURM_RESTART_COUNT:-0} > 0)) || rm -f "$failures"

    launch "$@"
    status=$?
    say "ended with $status"

    case $status in
    0)
        rm -f "$failures"
        exit 0
        ;;
    75) # EX_TEMPFAIL: stopped with its state kept, run me again.
        rm -f "$failures"
        again 75 "not finished"
        ;;
    64 | 65 | 66 | 67 | 73 | 77 | 78 | 126 | 127) # settings, data: another try would end the same way.
        rm -f "$failures"
        exit "$status"
        ;;
    esac

    # A rank, a node or the network died: resume from the last checkpoint, but only a limited number
    # of times. A start that lasted an hour has made progress.
    ((SECONDS < 3600)) || rm -f "$failures"
    count=$(($(cat "$failures" 2>/dev/null || echo 0) + 1))
    if ((count > ${RESTARTS:-5})); then
        rm -f "$failures"
        stop_with $status "failed $count times in a row; not trying again"
    fi
    echo $count >"$failures"
    again $status "failure $count of at most ${RESTARTS:-5} in a row"
}

# again STATUS REASON: ends this job with STATUS after requesting a requeue from SLURM, unless SLURM
# requeues it by itself or the job was cancelled meanwhile.
again() {
    if [[ $1 == 75 ]] && scontrol show config | grep -qE '^RequeueExit +=.*\b75\b'; then
        exit 75
    fi
    if scontrol -o show job "$id" | grep -q 'JobState=RUNNING'; then
        say "$2; asking SLURM to start job $id again"
        scontrol requeue "$id"
        sleep 60 # the requeue ends this script
    fi
    exit "$1"
}
